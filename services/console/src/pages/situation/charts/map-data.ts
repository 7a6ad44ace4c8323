/** Map files (tools/make_maps.py): the provinces, and each province's counties; WGS84. */
export type Position = readonly [longitude: number, latitude: number]
export interface MapFeature {
  readonly type: 'Feature'
  readonly properties: { readonly code?: string; readonly name?: string; readonly cp?: Position; readonly kind?: LineKind }
  readonly geometry: { readonly type: string; readonly coordinates: unknown }
}
export type LineKind = 'nine_dash_line' | 'undetermined_border' | 'prefecture_border' | 'unassigned'

export interface MapFile {
  readonly name: string
  /** The units' areas. */
  readonly areas: { readonly type: 'FeatureCollection'; readonly features: readonly MapFeature[] }
  readonly lines: readonly { readonly kind: LineKind; readonly coords: readonly Position[] }[]
  readonly codes: ReadonlySet<string>
}

const files = new Map<string, Promise<MapFile>>()

/** `nation`, or a province's two digits. */
export function mapFile(name: string): Promise<MapFile> {
  const known = files.get(name)
  if (known) return known
  const coming = load(name)
  files.set(name, coming)
  coming.catch(() => files.delete(name))
  return coming
}

async function load(name: string): Promise<MapFile> {
  const answer = await fetch(`/maps/${name}.geojson`)
  if (!answer.ok) throw new Error(`/maps/${name}.geojson: HTTP ${answer.status}`)
  const { features } = (await answer.json()) as { features: MapFeature[] }
  const areas = features.filter((feature) => feature.geometry.type.endsWith('Polygon'))
  return {
    name,
    areas: { type: 'FeatureCollection', features: areas },
    lines: features.flatMap(linesOf),
    codes: new Set(areas.flatMap(({ properties }) => (properties.code ? [properties.code] : []))),
  }
}

function linesOf({ properties, geometry }: MapFeature): MapFile['lines'] {
  const kind = properties.kind
  if (kind === undefined || geometry.type.endsWith('Polygon')) return []
  const strings = (geometry.type === 'LineString' ? [geometry.coordinates] : geometry.coordinates) as Position[][]
  return strings.map((coords) => ({ kind, coords }))
}

/** The box around the areas whose code begins so: [[west, south], [east, north]]; null: there are none. */
export function boundsOf(map: MapFile, prefix: string): [[number, number], [number, number]] | null {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  const visit = (coordinates: unknown): void => {
    if (!Array.isArray(coordinates)) return
    if (typeof coordinates[0] !== 'number') return coordinates.forEach(visit)
    const [longitude, latitude] = coordinates as [number, number]
    ;[west, east] = [Math.min(west, longitude), Math.max(east, longitude)]
    ;[south, north] = [Math.min(south, latitude), Math.max(north, latitude)]
  }
  for (const { properties, geometry } of map.areas.features) if (properties.code?.startsWith(prefix)) visit(geometry.coordinates)
  return west === Infinity ? null : [[west, south], [east, north]]
}

const RADIANS = Math.PI / 180
const [ORIGIN, FIRST, SECOND] = [105, 25, 47]
const CONE = (Math.sin(FIRST * RADIANS) + Math.sin(SECOND * RADIANS)) / 2
const C = Math.cos(FIRST * RADIANS) ** 2 + 2 * CONE * Math.sin(FIRST * RADIANS)

/** Albers' equal-area cone of China's national maps (105°E; 25°N, 47°N), in degrees; y grows downwards. */
export const albers = {
  project([longitude, latitude]: number[]): number[] {
    const distance = Math.sqrt(C - 2 * CONE * Math.sin(latitude! * RADIANS)) / CONE
    const angle = CONE * (longitude! - ORIGIN) * RADIANS
    return [(distance * Math.sin(angle)) / RADIANS, (distance * Math.cos(angle)) / RADIANS]
  },
  unproject([x, y]: number[]): number[] {
    const [a, b] = [x! * RADIANS, y! * RADIANS]
    const latitude = Math.asin((C - (Math.hypot(a, b) * CONE) ** 2) / (2 * CONE)) / RADIANS
    return [ORIGIN + Math.atan2(a, b) / CONE / RADIANS, latitude]
  },
}
