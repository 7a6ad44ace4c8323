import type { Point } from '@fenghuo/client/api'
import type { Figure } from '@fenghuo/client/contract'
import { describe, expect, it } from 'vitest'
import { Regions, type RegionRow } from '../../../reference/regions'
import { byPosition, keptLooks, type PointLook } from './points'

const ROWS: RegionRow[] = [
  ['000000000000', '全国', 'nation', null],
  ['510000000000', '四川省', 'province', '000000000000'],
  ['513200000000', '阿坝州', 'prefecture', '510000000000'],
  ['513221000000', '汶川县', 'county', '513200000000'],
  ['513221100000', '威州镇', 'township', '513221000000'],
  ['513221105000', '水磨镇', 'township', '513221000000'],
  ['513221109000', '三江镇', 'township', '513221000000'],
  ['513222100000', '杂谷脑镇', 'township', '513222000000'],
]
const figure = (total: number) => ({ total }) as Figure
const units = new Map(ROWS.map(([code], at) => [code, { figures: { dead: figure(at), ...(at > 5 ? { missing: figure(1) } : {}) } }]))
const point = (unit: string): Point => ({ unit, lon: 103, lat: 31, source: 'imported', record_id: null, as_of: null, accuracy_m: null })
const points = new Map(['513221100000', '513221105000', '513222100000', '513221000000', '513221999000'].map((unit) => [unit, point(unit)]))
const query = { units, key: 'dead', regions: new Regions(ROWS), points }
const codes = (found: ReturnType<typeof byPosition>) => [found.placed.map(({ code }) => code), found.unplaced.map(({ code }) => code)]

describe('townships by their position', () => {
  it('are those within the map that have the figure, the greatest first', () => {
    expect(codes(byPosition({ ...query, prefix: '513221' }))).toEqual([['513221105000', '513221100000'], ['513221109000']])
    expect(codes(byPosition({ ...query, prefix: '51' }))).toEqual([['513222100000', '513221105000', '513221100000'], ['513221109000']])
    expect(codes(byPosition({ ...query, prefix: '513221', key: 'missing' }))).toEqual([[], ['513221109000']])
  })

  it('are not on the national map', () => expect(codes(byPosition({ ...query, prefix: null }))).toEqual([[], []]))

  it('may be of no register', () => {
    const strange = new Map([['513221999000', { figures: { dead: figure(3) } }]])
    expect(codes(byPosition({ ...query, units: strange, prefix: '513221' }))).toEqual([['513221999000'], []])
  })
})

describe('looks', () => {
  const look: PointLook = { code: '513221105000', name: '水磨镇', lon: 103, lat: 31, step: 2, chosen: false }

  it('are the same array while nothing changed', () => {
    const before = [look]
    expect(keptLooks(before, [{ ...look }])).toBe(before)
    expect(keptLooks(before, [{ ...look, step: 3 }])).not.toBe(before)
    expect(keptLooks(undefined, before)).toBe(before)
  })
})
