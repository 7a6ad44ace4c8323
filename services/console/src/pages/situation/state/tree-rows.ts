/** The rows of the region tree: nested units as a flat list, in the order and with the filter asked for. Pure. */
import type { Region, Regions } from '../../../reference/regions'
import { NATION } from '../../../reference/regions'
import type { Figure } from '@fenghuo/client/contract'

export interface TreeRow {
  readonly region: Region
  readonly depth: number
  /** null: nothing below it. */
  readonly expanded: boolean | null
}

export interface Order {
  /** name, as_of, own or a figure's key (its total). */
  readonly column: string
  readonly descending: boolean
}

export interface TreeQuery {
  readonly regions: Regions
  /** Units with figures, by code. */
  readonly units: ReadonlyMap<string, { readonly figures: { readonly [key: string]: Figure } }>
  readonly expanded: ReadonlySet<string>
  readonly everything: boolean
  readonly order: Order
  /** The figure that `own` and `as_of` are of. */
  readonly key: string
  /** Part of a name or code; empty: all. */
  readonly filter: string
}

export function treeRows(query: TreeQuery): TreeRow[] {
  const below = childrenOf(query)
  const matches = query.filter === '' ? null : matching(query, below)
  const rows: TreeRow[] = []

  function visit(region: Region, depth: number): void {
    if (matches && !matches.has(region.code)) return
    const children = below(region.code)
    const open = matches !== null || query.expanded.has(region.code)
    const hasBelow = children.length > 0 || mayHaveBelow(query, region)
    rows.push({ region, depth, expanded: hasBelow ? open : null })
    if (open) for (const child of sorted(children, query)) visit(child, depth + 1)
  }

  visit(query.regions.get(NATION), 0)
  return rows
}

/** Townships are fetched only when their county is opened. */
function mayHaveBelow(query: TreeQuery, region: Region): boolean {
  return region.level === 'county' && (query.everything || query.units.has(region.code))
}

function childrenOf(query: TreeQuery): (code: string) => readonly Region[] {
  if (query.everything) return (code) => query.regions.children(code)
  const below = new Map<string, Region[]>()
  for (const code of query.units.keys()) {
    const region = query.regions.get(code)
    if (region.parent === null) continue
    const siblings = below.get(region.parent)
    if (siblings) siblings.push(region)
    else below.set(region.parent, [region])
  }
  return (code) => below.get(code) ?? []
}

/** Units whose name or code has the filter in it, with all above them. */
function matching(query: TreeQuery, below: (code: string) => readonly Region[]): Set<string> {
  const wanted = query.filter.toLowerCase()
  const found = new Set<string>()

  function visit(region: Region): boolean {
    let some = region.name.toLowerCase().includes(wanted) || region.code.startsWith(wanted)
    for (const child of below(region.code)) some = visit(child) || some
    if (some) found.add(region.code)
    return some
  }

  visit(query.regions.get(NATION))
  return found
}

function sorted(regions: readonly Region[], query: TreeQuery): readonly Region[] {
  const { column, descending } = query.order
  const sign = descending ? -1 : 1
  if (column === 'name') return [...regions].sort((one, other) => sign * one.code.localeCompare(other.code))
  const valueOf = new Map(regions.map((region) => [region.code, sortValue(query, region.code)]))
  // Units without a value stand last in either order.
  return [...regions].sort((one, other) => {
    const [a, b] = [valueOf.get(one.code) ?? null, valueOf.get(other.code) ?? null]
    if (a === null || b === null) return a === b ? one.code.localeCompare(other.code) : a === null ? 1 : -1
    return sign * (a - b) || one.code.localeCompare(other.code)
  })
}

function sortValue(query: TreeQuery, code: string): number | null {
  const figures = query.units.get(code)?.figures
  const { column } = query.order
  if (column === 'own') return figures?.[query.key]?.own ?? null
  if (column === 'as_of') return figures?.[query.key] ? Date.parse(figures[query.key]!.newest_as_of) : null
  return figures?.[column]?.total ?? null
}
