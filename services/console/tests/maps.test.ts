/** The map files (tools/make_maps.py): RFC 7946 winding, codes of the regions, the lines of a national map. */
import { readFileSync, readdirSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { albers, boundsOf } from '../src/pages/situation/charts/map-data'

const FOLDER = new URL('../public/maps/', import.meta.url)
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.geojson'))
const read = (name: string) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))
const codes = new Set(gunzipSync(readFileSync(new URL('../../../schemas/data/regions.tsv.gz', import.meta.url))).toString().split('\n').map((line) => line.slice(0, 12)))

type Ring = [number, number][]
const area = (ring: Ring) => ring.slice(1).reduce((sum, [x, y], at) => sum + (ring[at]![0] * y - x * ring[at]![1]), 0) / 2

test('31 provinces and the nation', () => expect(files.length).toBe(32))

test.each(files)('%s: outer rings counterclockwise, holes clockwise, closed; known codes; within China', (name) => {
  const { features, attribution } = read(name)
  expect(attribution).toContain('WGS84')
  for (const { properties, geometry } of features) {
    if (properties.code) expect(codes.has(properties.code), properties.code).toBe(true)
    const polygons: Ring[][] = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : []
    for (const [outer, ...holes] of polygons) {
      expect(outer!.at(-1)).toEqual(outer![0])
      expect(area(outer!)).toBeGreaterThan(0)
      for (const hole of holes) expect(area(hole)).toBeLessThan(0)
      for (const [longitude, latitude] of outer!) expect(longitude > 73 && longitude < 136 && latitude > 3 && latitude < 54).toBe(true)
    }
  }
})

test('the national map has 34 provinces, 九段线 and the undetermined borders', () => {
  const { features } = read('nation.geojson')
  expect(features.filter((each: { properties: { code?: string } }) => each.properties.code).length).toBe(34)
  const line = features.find((each: { properties: { kind?: string } }) => each.properties.kind === 'nine_dash_line')
  expect(line.geometry.coordinates.length).toBeGreaterThanOrEqual(9)
  expect(features.some((each: { properties: { kind?: string } }) => each.properties.kind === 'undetermined_border')).toBe(true)
})

// GCJ-02 would be some 300 m off; the box is that of the county's gazetteer, 30°45′-31°43′N, 102°51′-103°44′E.
test('汶川 is where it is, in WGS84', () => {
  const map = { name: '51', areas: read('51.geojson'), lines: [], codes: new Set<string>() }
  const [[west, south], [east, north]] = boundsOf(map, '513221')!
  expect([west, south, east, north].map((degree) => Math.round(degree * 10) / 10)).toEqual([102.9, 30.8, 103.7, 31.7])
})

test('the national projection is undone exactly', () => {
  for (const place of [[105, 35], [73.5, 39], [135, 48], [112, 4]]) {
    const back = albers.unproject(albers.project(place))
    expect(back[0]).toBeCloseTo(place[0]!, 6)
    expect(back[1]).toBeCloseTo(place[1]!, 6)
  }
})
