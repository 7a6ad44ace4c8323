/** The table beside the map: the units that report most, in a fixed number of rows. Pure. */
import type { Figures, UnitPicture } from '@fenghuo/client/picture'
import { levelOf, prefixOf } from '../../../reference/regions'

export const COLUMNS = 3
/** Of so few counties the townships are shown. */
export const FEW = 2
const PREFERRED = ['dead', 'missing', 'stranded_now', 'injured', 'reloc_cum', 'reloc_resident_cum', 'tourist_evac_cum', 'rooms_collapsed', 'loss_direct_wan']

export interface UnitTable {
  readonly level: 'county' | 'township'
  readonly keys: readonly string[]
  readonly rows: readonly { readonly code: string; readonly values: readonly (number | null)[] }[]
  readonly more: number
}

/** Counties that have figures; of `FEW` of them the townships' own picture is wanted, too. */
export function countiesOf(units: ReadonlyMap<string, UnitPicture>): string[] {
  return [...units.keys()].filter((code) => levelOf(code) === 'county').sort()
}

/** Columns: of what matters most what is reported at all, other figures where that is too little. */
export function unitTable(units: ReadonlyMap<string, UnitPicture>, most: number): UnitTable {
  const townships = [...units].filter(([code]) => levelOf(code) === 'township')
  const level = countiesOf(units).length <= FEW && townships.length > 1 ? 'township' : 'county'
  const shown = level === 'township' ? townships : [...units].filter(([code]) => levelOf(code) === 'county')
  const reported = new Set(shown.flatMap(([, { figures }]) => Object.keys(figures)))
  const keys = [...PREFERRED.filter((key) => reported.has(key)), ...[...reported].filter((key) => !PREFERRED.includes(key)).sort()].slice(0, COLUMNS)
  const total = (figures: Figures, key: string) => figures[key]?.total ?? null
  const rows = shown
    .map(([code, { figures }]) => ({ code, values: keys.map((key) => total(figures, key)) }))
    .filter(({ values }) => values.some((value) => value !== null))
    .sort((one, other) => compare(one.values, other.values) || one.code.localeCompare(other.code))
  return { level, keys, rows: rows.slice(0, most), more: Math.max(0, rows.length - most) }
}

function compare(one: readonly (number | null)[], other: readonly (number | null)[]): number {
  const differing = one.findIndex((value, at) => (value ?? -1) !== (other[at] ?? -1))
  return differing === -1 ? 0 : (other[differing] ?? -1) - (one[differing] ?? -1)
}

/** The digits that all of the counties share: what the map has to show. */
export function sharedPrefix(codes: readonly string[]): string {
  let prefix = prefixOf(codes[0] ?? '000000000000').slice(0, 6)
  for (const code of codes) while (!code.startsWith(prefix)) prefix = prefix.slice(0, -2)
  return prefix
}
