import type { Judgement } from '@fenghuo/client/api'
import { describe, expect, it } from 'vitest'
import { newItem, sealed, wayOf, type OutboxItem, type OutgoingRecord } from './items'
import { ulid } from './ulid'

const stored = newItem({ record_id: 'a' } as OutgoingRecord, 0, { sealed: true, asOfFiling: true })
const received: OutboxItem = { ...stored, state: 'received', receivedAt: 1 }
const judged = (disposition: string, standing: string): OutboxItem => ({ ...received, outcome: { disposition, standing, flags: [], version: 1 } as Judgement })
const steps = (item: OutboxItem) => Object.values(wayOf(item).steps).join(' ')

describe('the way of a record', () => {
  it.each([
    ['on the device', stored, 'done now now now', 'waiting'],
    ['received', received, 'done done now now', 'waiting'],
    ['in the picture', judged('accepted', 'effective'), 'done done done done', 'good'],
    ['held', judged('held', 'held'), 'done done done now', 'warning'],
    ['rejected', judged('rejected', 'none'), 'done done done stopped', 'critical'],
    ['returned', judged('accepted', 'returned'), 'done done done stopped', 'critical'],
    ['replaced by a newer one', judged('accepted', 'superseded'), 'done done done skipped', 'plain'],
    ['a nil report, which has no figure', judged('accepted', 'none'), 'done done done skipped', 'good'],
    ['refused at the door', { ...stored, state: 'refused' as const }, 'done stopped stopped stopped', 'critical'],
    ['refused, filed anew', { ...stored, state: 'refused' as const, replacedBy: 'b' }, 'done stopped stopped stopped', 'plain'],
  ])('%s', (_, item, way, tone) => {
    expect(steps(item)).toBe(way)
    expect(wayOf(item).tone).toBe(tone)
  })
})

describe('an item filed before the server’s clock was known', () => {
  const record = { record_id: 'a', sent_at: '2026-08-20T15:00:00+08:00', as_of: '2026-08-20T15:00:00+08:00', location: { lon: 103, lat: 31, captured_at: '2026-08-20T14:00:00+08:00' } } as unknown as OutgoingRecord
  const at = (moment: unknown) => new Date(String(moment)).toISOString()

  it('has all its times corrected, that of its place, too', () => {
    const { record: found } = sealed(newItem(record, Date.parse('2026-08-20T07:00:00Z'), { sealed: false, asOfFiling: true }), 60_000)
    const location = found.location as { captured_at: string }
    expect([found.sent_at, found.as_of, location.captured_at].map(at)).toEqual(['2026-08-20T07:01:00.000Z', '2026-08-20T07:01:00.000Z', '2026-08-20T06:01:00.000Z'])
    expect(location).toMatchObject({ lon: 103, lat: 31 })
  })

  it('states no place where it stated none', () => {
    const { location: _, ...without } = record
    expect(sealed(newItem(without as OutgoingRecord, 0, { sealed: false, asOfFiling: true }), 60_000).record).not.toHaveProperty('location')
  })
})

describe('ulid', () => {
  it('is an id of records.md 2 and sorts by its time', () => {
    const ids = [1, 1_700_000_000_000, 1_800_000_000_000].map((now) => ulid(now))
    expect(ids.every((id) => /^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true)
    expect([...ids].sort()).toEqual(ids)
    expect(ulid(5)).not.toBe(ulid(5))
  })

  it('encodes the time as the specification does', () => {
    expect(ulid(1469918176385).slice(0, 10)).toBe('01ARYZ6S41')
  })
})
