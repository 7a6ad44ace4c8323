import { expect, test } from 'vitest'
import { treeRows, type Order, type TreeQuery } from '../src/pages/situation/state/tree-rows'
import { NATION, Regions, type RegionRow } from '../src/reference/regions'

const ROWS: RegionRow[] = [
  [NATION, '全国', 'nation', null],
  ['510000000000', '四川省', 'province', NATION],
  ['513200000000', '阿坝州', 'prefecture', '510000000000'],
  ['513221000000', '汶川县', 'county', '513200000000'],
  ['513225000000', '九寨沟县', 'county', '513200000000'],
  ['513221105000', '水磨镇', 'township', '513221000000'],
  ['513221107000', '三江镇', 'township', '513221000000'],
]
const figure = (total: number, own: number | null = null) => ({ total, own, qualifier: 'exact' as const, newest_as_of: '2026-08-20T06:00:00Z', oldest_as_of: '2026-08-20T06:00:00Z', status: 'unverified' as const, parts: 1 })
const UNITS = new Map(
  Object.entries({
    [NATION]: { figures: { dead: figure(12) } },
    '510000000000': { figures: { dead: figure(12) } },
    '513200000000': { figures: { dead: figure(12) } },
    '513221000000': { figures: { dead: figure(12, 3) } },
    '513221105000': { figures: { dead: figure(4, 4) } },
    '513221107000': { figures: { dead: figure(5, 5) } },
    '513221999000': { figures: { missing: figure(1, 1) } },
  }),
)
const ALL = new Set(ROWS.map(([code]) => code))
const BY_NAME: Order = { column: 'name', descending: false }

function shown(query: Partial<TreeQuery> = {}): string[] {
  const rows = treeRows({ regions: new Regions(ROWS), units: UNITS, expanded: ALL, everything: false, order: BY_NAME, key: 'dead', filter: '', ...query })
  return rows.map((row) => `${' '.repeat(row.depth)}${row.region.name}`)
}

test('units with figures, nested; an unknown code stands under the nearest known one', () => {
  expect(shown()).toEqual(['全国', ' 四川省', '  阿坝州', '   汶川县', '    水磨镇', '    三江镇', '    513221999000'])
})

test('closed units hide what is below them', () => {
  expect(shown({ expanded: new Set([NATION]) })).toEqual(['全国', ' 四川省'])
})

test('a county can be opened before its townships have come', () => {
  const rows = treeRows({ regions: new Regions(ROWS.slice(0, 4)), units: new Map([...UNITS].slice(0, 4)), expanded: new Set([...ALL].slice(0, 3)), everything: false, order: BY_NAME, key: 'dead', filter: '' })
  expect(rows.at(-1)).toMatchObject({ region: { name: '汶川县' }, expanded: false })
})

test('all units, also those without figures', () => {
  expect(shown({ everything: true })).toContain('   九寨沟县')
})

test('sorted by a total; units without it come last either way', () => {
  expect(shown({ order: { column: 'dead', descending: true } }).slice(4)).toEqual(['    三江镇', '    水磨镇', '    513221999000'])
  expect(shown({ order: { column: 'dead', descending: false } }).slice(4)).toEqual(['    水磨镇', '    三江镇', '    513221999000'])
})

test('filtered by name or code, with what is above', () => {
  expect(shown({ filter: '三江', expanded: new Set() })).toEqual(['全国', ' 四川省', '  阿坝州', '   汶川县', '    三江镇'])
  expect(shown({ filter: '513221105', expanded: new Set() }).at(-1)).toBe('    水磨镇')
  expect(shown({ filter: '没有' })).toEqual([])
})

test('41,352 townships take less than half a second', () => {
  const rows: RegionRow[] = [[NATION, '全国', 'nation', null]]
  for (let county = 0; county < 2978; county++) {
    const code = String(110000 + county)
    rows.push([`${code}000000`, `县${county}`, 'county', NATION])
    for (let town = 0; town < 14; town++) rows.push([`${code}${100 + town}000`, `镇${town}`, 'township', `${code}000000`])
  }
  const query: TreeQuery = { regions: new Regions(rows), units: new Map(), expanded: new Set(rows.map(([code]) => code)), everything: true, order: { column: 'dead', descending: true }, key: 'dead', filter: '' }
  const began = performance.now()
  expect(treeRows(query).length).toBe(rows.length)
  expect(performance.now() - began).toBeLessThan(500)
})
