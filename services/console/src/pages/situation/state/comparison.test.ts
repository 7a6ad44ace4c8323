import type { Figure } from '@fenghuo/client/contract'
import { describe, expect, it } from 'vitest'
import { differences } from './comparison'
import type { Units } from './past'

const figure = (total: number, more: Partial<Figure> = {}): Figure => ({
  total, own: null, qualifier: 'exact', newest_as_of: '2019-08-20T02:00:00+08:00', oldest_as_of: '2019-08-20T02:00:00+08:00', status: 'unverified', parts: 1, ...more,
} as Figure)
const units = (given: { [unit: string]: { [key: string]: Figure } }): Units =>
  new Map(Object.entries(given).map(([code, figures]) => [code, { version: 1, figures, beside: {}, head: null }]))

describe('differences', () => {
  it('lists what rose, fell, came and went, by unit and in the order of the keys', () => {
    const then = units({ '000000000000': { dead: figure(8), missing: figure(26) }, '513221000000': { injured: figure(2) } })
    const now = units({ '000000000000': { missing: figure(26), dead: figure(12), injured: figure(6) } })
    expect(differences(then, now, ['dead', 'missing', 'injured']).map(({ unit, key, change }) => [unit, key, change])).toEqual([
      ['000000000000', 'dead', 4],
      ['000000000000', 'injured', 6],
      ['513221000000', 'injured', -2],
    ])
  })

  it('tells that the same number has become harder', () => {
    const found = differences(units({ '51': { dead: figure(3) } }), units({ '51': { dead: figure(3, { status: 'verified' }) } }), [])
    expect(found).toMatchObject([{ key: 'dead', change: 0, now: { status: 'verified' } }])
  })

  it('does not show the dust of binary numbers', () => {
    expect(differences(units({ '51': { a: figure(0.1) } }), units({ '51': { a: figure(0.3) } }), [])[0]!.change).toBe(0.2)
  })

  it('is empty for equal moments', () => {
    const same = { '51': { dead: figure(3) } }
    expect(differences(units(same), units(same), ['dead'])).toEqual([])
  })
})
