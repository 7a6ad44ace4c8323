/** Townships as points: those that have the figure and a position, and those that have no position. Pure. */
import type { Point } from '@fenghuo/client/api'
import type { Figure } from '@fenghuo/client/contract'
import type { Regions } from '../../../reference/regions'

export interface PlacedUnit {
  readonly code: string
  readonly name: string
  readonly figure: Figure
  readonly point: Point
}
export interface UnplacedUnit {
  readonly code: string
  readonly name: string
  readonly total: number
}

/** How a point looks; it changes far more seldom than its figure. */
export interface PointLook {
  readonly code: string
  readonly name: string
  readonly lon: number
  readonly lat: number
  /** Class of its figure, 0 to STEPS; null: of no class. */
  readonly step: number | null
  readonly chosen: boolean
}

interface Query {
  readonly units: ReadonlyMap<string, { readonly figures: { readonly [key: string]: Figure } }>
  readonly key: string
  /** Digits of the units that the map shows; null: the nation, whose map has no townships. */
  readonly prefix: string | null
  readonly regions: Regions
  readonly points: ReadonlyMap<string, Point>
}

/** Units without an area of their own, the greatest first. */
export function byPosition({ units, key, prefix, regions, points }: Query): { placed: PlacedUnit[]; unplaced: UnplacedUnit[] } {
  const placed: PlacedUnit[] = []
  const unplaced: UnplacedUnit[] = []
  if (prefix === null) return { placed, unplaced }
  for (const [code, { figures }] of units) {
    const figure = figures[key]
    if (figure === undefined || !code.startsWith(prefix)) continue
    const { level, name } = regions.get(code)
    if (level !== 'township' && level !== 'village') continue
    const point = points.get(code)
    if (point) placed.push({ code, name, figure, point })
    else unplaced.push({ code, name, total: figure.total })
  }
  placed.sort((one, other) => other.figure.total - one.figure.total || one.code.localeCompare(other.code))
  unplaced.sort((one, other) => other.total - one.total || one.code.localeCompare(other.code))
  return { placed, unplaced }
}

/** The looks before where nothing changed, so that nothing is drawn again. */
export function keptLooks(before: readonly PointLook[] | undefined, now: readonly PointLook[]): readonly PointLook[] {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(now) ? before : now
}
