import type { UnitPicture } from '@fenghuo/client/picture'
import { describe, expect, it } from 'vitest'
import { sharedPrefix, unitTable } from './counties'

const unit = (figures: { [key: string]: number }) => ({ figures: Object.fromEntries(Object.entries(figures).map(([key, total]) => [key, { total }])) }) as unknown as UnitPicture

const COUNTIES = new Map([
  ['000000000000', unit({ dead: 12 })],
  ['513221000000', unit({ dead: 9, tourist_evac_cum: 100 })],
  ['513222000000', unit({ dead: 3, missing: 4 })],
  ['513223000000', unit({ dead: 3, missing: 7 })],
  ['513224000000', unit({ teams_engaged_now: 2 })],
])

describe('the table beside the map', () => {
  it('has the counties with the most of what matters most first', () => {
    const table = unitTable(COUNTIES, 8)
    expect(table.keys).toEqual(['dead', 'missing', 'tourist_evac_cum'])
    expect(table.rows.map(({ code }) => code)).toEqual(['513221000000', '513223000000', '513222000000'])
    expect(table.rows[1]!.values).toEqual([3, 7, null])
  })

  it('says how many it leaves out', () => {
    expect(unitTable(COUNTIES, 2)).toMatchObject({ rows: [{ code: '513221000000' }, { code: '513223000000' }], more: 1 })
  })

  it('has the townships where few counties report', () => {
    const units = new Map([['513221000000', unit({ dead: 9 })], ['513221103000', unit({ dead: 4 })], ['513221105000', unit({ dead: 5 })]])
    expect(unitTable(units, 8)).toMatchObject({ level: 'township', rows: [{ code: '513221105000' }, { code: '513221103000' }] })
  })

  it('is empty where nothing is reported', () => {
    expect(unitTable(new Map(), 8)).toMatchObject({ keys: [], rows: [], more: 0 })
  })
})

describe('what the map shows', () => {
  it.each([
    [['513221000000'], '513221'],
    [['513221000000', '513222000000'], '5132'],
    [['513221000000', '510104000000'], '51'],
    [['513221000000', '620102000000'], ''],
    [[], ''],
  ])('%j', (codes, prefix) => {
    expect(sharedPrefix(codes)).toBe(prefix)
  })
})
