import { describe, expect, it } from 'vitest'
import { measureClock, offsetOf, rfc3339 } from './clock'

const sample = (askedAt: number, roundTrip: number, offset: number) => ({ askedAt, answeredAt: askedAt + roundTrip, serverAt: askedAt + roundTrip / 2 + offset })

describe('the server clock', () => {
  it('is told from the quick samples, whatever the slow ones say', () => {
    const samples = [sample(0, 20, 5_000), sample(100, 24, 5_002), sample(200, 22, 4_998), sample(300, 3_000, 6_400), sample(400, 900, 4_600)]
    expect(offsetOf(samples)).toMatchObject({ offset: 5_000, roundTrip: 20 })
  })

  it('is within half of the round trip, however it divides', () => {
    const skewed = { askedAt: 0, answeredAt: 200, serverAt: 10_000 + 190 }
    expect(Math.abs(offsetOf([skewed]).offset - 10_000)).toBeLessThanOrEqual(100)
  })

  it('is asked several times', async () => {
    let device = 0
    let asked = 0
    const found = await measureClock(async () => (asked++, (device += 10), device + 60_000), () => device, 5)
    expect(asked).toBe(5)
    expect(found.offset).toBeGreaterThan(59_990)
  })

  it('cannot be told without a sample', () => {
    expect(() => offsetOf([])).toThrow(RangeError)
  })
})

describe('rfc3339', () => {
  it('is the same moment, with an offset', () => {
    const moment = Date.UTC(2026, 7, 20, 7, 30, 15, 250)
    expect(rfc3339(moment)).toMatch(/^2026-08-\d\dT\d\d:30:15\.250[+-]\d\d:\d\d$/)
    expect(Date.parse(rfc3339(moment))).toBe(moment)
  })
})
