import { describe, expect, it } from 'vitest'
import type { Indicator } from '../../../reference/reference'
import { checkAsOf, checkChanges, checkInitial, checkShape, checkTable, type Known } from './checks'
import { cell, type CellDraft, type RowDraft } from './drafts'

const indicator = (key: string, kind: Indicator['kind'], unit = 'person', decimals = 0): [string, Indicator] => [key, { key, zh: key, en: key, unit, kind, decimals }]
const CATALOGUE = new Map([
  indicator('dead', 'C'),
  indicator('missing', 'N'),
  indicator('injured', 'C'),
  indicator('injured_severe', 'N'),
  indicator('pop_affected', 'C'),
  indicator('reloc_cum', 'D'),
  indicator('reloc_central_cum', 'C'),
  indicator('reloc_central_now', 'N'),
  indicator('reloc_dispersed_cum', 'C'),
  indicator('crop_affected_ha', 'C', 'ha', 4),
  indicator('crop_affected_grain_ha', 'C', 'ha', 4),
  indicator('rooms_collapsed', 'C', 'room'),
  indicator('rooms_collapsed_resid', 'C', 'room'),
  indicator('loss_direct_wan', 'D', 'wan', 4),
])
const TOWN = '513221105000'
const COUNTY = '513221000000'

const row = (values: { [key: string]: string | CellDraft }, unit = TOWN): RowDraft => ({
  unit,
  cells: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, typeof value === 'string' ? cell(value) : value])),
})
const knows = (values: { [unit: string]: { [key: string]: number } }): Known =>
  new Map(Object.entries(values).map(([unit, figures]) => [unit, new Map(Object.entries(figures).map(([key, value]) => [key, { value, as_of: '2026-08-20T15:00:00+08:00', pending: false }]))]))
const codes = (found: readonly { code: string }[]) => found.map(({ code }) => code)

describe('the shape of values', () => {
  it.each([
    ['0', []],
    ['１２', []],
    ['1,234', []],
    ['2.50', []], // trailing zeros are dropped, one decimal is left
    ['-1', ['not_a_number']],
    ['', ['not_a_number']],
    ['1e3', ['not_a_number']],
    ['十二', ['not_a_number']],
  ])('%s', (text, expected) => {
    expect(codes(checkShape([row({ crop_affected_ha: text })], CATALOGUE))).toEqual(expected)
  })

  it('has no more decimals than the catalogue allows', () => {
    expect(codes(checkShape([row({ dead: '1.5' })], CATALOGUE))).toEqual(['too_many_decimals'])
    expect(codes(checkShape([row({ dead: '1.0' })], CATALOGUE))).toEqual([])
    expect(codes(checkShape([row({ crop_affected_ha: '1.23456' })], CATALOGUE))).toEqual(['too_many_decimals'])
  })

  it('is refused without any', () => {
    expect(codes(checkShape([row({})], CATALOGUE))).toEqual(['no_rows'])
  })
})

describe('R10', () => {
  it.each([
    [{ injured: '1', injured_severe: '2' }],
    [{ pop_affected: '5', dead: '6' }],
    [{ crop_affected_ha: '1', crop_affected_grain_ha: '2' }],
    [{ rooms_collapsed: '1', rooms_collapsed_resid: '2' }],
    [{ reloc_central_cum: '1', reloc_central_now: '2' }],
    [{ reloc_cum: '5', reloc_central_cum: '2', reloc_dispersed_cum: '2' }],
  ])('%j', (values) => {
    expect(checkTable([row(values)], CATALOGUE)).toHaveLength(1)
  })

  it('compares in the unit of the indicator', () => {
    const mu = (text: string): CellDraft => ({ text, qualifier: 'exact', unit: 'mu' })
    expect(checkTable([row({ crop_affected_ha: '2', crop_affected_grain_ha: mu('30') })], CATALOGUE)).toEqual([])
    expect(checkTable([row({ crop_affected_ha: '2', crop_affected_grain_ha: mu('31') })], CATALOGUE)).toHaveLength(1)
  })

  it('compares only what one row states', () => {
    expect(checkTable([row({ injured: '1' }), row({ injured_severe: '2' }, COUNTY)], CATALOGUE)).toEqual([])
    expect(checkTable([row({ reloc_cum: '5', reloc_central_cum: '2' })], CATALOGUE)).toEqual([])
  })
})

describe('R7 and R9', () => {
  it('a cumulative figure that falls waits for a reason, a current one does not', () => {
    const known = knows({ [TOWN]: { dead: 4, missing: 9 } })
    expect(codes(checkChanges([row({ dead: '3', missing: '2' })], CATALOGUE, known))).toEqual(['decrease'])
  })

  it('a surge is more than five times and at least fifty above', () => {
    const known = knows({ [TOWN]: { injured: 10 } })
    expect(checkChanges([row({ injured: '59' })], CATALOGUE, known)).toEqual([])
    expect(codes(checkChanges([row({ injured: '60' })], CATALOGUE, known))).toEqual(['surge'])
    expect(checkChanges([row({ injured: '500' })], CATALOGUE, knows({ [TOWN]: { injured: 100 } }))).toEqual([])
  })

  it("a county's fall that its townships' rises balance is an allocation", () => {
    const known = knows({ [COUNTY]: { dead: 5 }, [TOWN]: { dead: 1 } })
    expect(checkChanges([row({ dead: '0' }, COUNTY), row({ dead: '6' })], CATALOGUE, known)).toEqual([])
    expect(codes(checkChanges([row({ dead: '0' }, COUNTY), row({ dead: '5' })], CATALOGUE, known))).toEqual(['decrease'])
  })

  it('says nothing of what is not known', () => {
    expect(checkChanges([row({ dead: '0' })], CATALOGUE, new Map())).toEqual([])
  })
})

describe('times', () => {
  const now = Date.parse('2026-08-20T16:00:00Z')
  const typed = (minutes: number) => {
    const date = new Date(now + minutes * 60_000)
    return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')}T${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
  }

  it('the future is held, no time is no time', () => {
    expect(codes(checkAsOf(typed(11), [], new Map(), now))).toEqual(['future'])
    expect(checkAsOf(typed(9), [], new Map(), now)).toEqual([])
    expect(codes(checkAsOf('yesterday', [], new Map(), now))).toEqual(['bad_time'])
    expect(checkAsOf(null, [], new Map(), now)).toEqual([])
  })

  it('what is older than the figure becomes history', () => {
    const known = knows({ [TOWN]: { dead: 4 } })
    expect(codes(checkAsOf('2026-08-19T08:00', [row({ dead: '4' })], known, now))).toEqual(['older'])
  })

  it('an initial report says when it happened, within two hours', () => {
    expect(codes(checkInitial('initial', null, now))).toEqual(['no_occurred_at'])
    expect(codes(checkInitial('initial', typed(-121), now))).toEqual(['late'])
    expect(checkInitial('initial', typed(-119), now)).toEqual([])
    expect(checkInitial('followup', null, now)).toEqual([])
  })
})
