import { describe, expect, test } from 'vitest'
import { ageOf, freshnessState, LAG_MS, SILENCE_MS } from '../src/freshness'
import { FeedSession } from '../src/session'

const FIGURE = { total: 3, own: 3, qualifier: 'exact', newest_as_of: '2026-08-20T06:00:00Z', oldest_as_of: '2026-08-20T06:00:00Z', status: 'unverified', parts: 1 }
const unit = (total: number, version: number) => ({ incident_id: 'I-1', status: 'Actual', unit: '513221000000', version, figures: { dead: { ...FIGURE, total } } })
const snapshot = (id: string, total: number, seq = 1) => JSON.stringify({ type: 'snapshot', id, seq, watermark: '2026-08-20T06:00:00Z', units: [unit(total, seq)] })
const delta = (id: string, total: number, seq: number) => JSON.stringify({ type: 'delta', id, seq, watermark: '2026-08-20T06:00:01Z', units: [unit(total, seq)] })
const heartbeat = (watermark: string | null, server_time: string) => JSON.stringify({ type: 'heartbeat', watermark, server_time })
const dead = (session: FeedSession, id: string) => session.subscriptions.get(id)!.picture.unit('I-1', '513221000000')?.figures.dead?.total

function opened() {
  const session = new FeedSession()
  const { subscription } = session.subscribe({ incidents: ['I-1'] })
  return { session, id: subscription.id, subscription, frames: session.opened() }
}

describe('subscribing', () => {
  test('before the socket is open nothing is sent; the opening asks for everything', () => {
    const { frames, id } = opened()
    expect(frames).toEqual([{ type: 'subscribe', id, incidents: ['I-1'] }])
  })

  test('on an open socket it is asked for at once', () => {
    const { session } = opened()
    expect(session.subscribe({ unit: '510000000000' }).send).toEqual([{ type: 'subscribe', id: 's2', unit: '510000000000' }])
  })

  test('what was unsubscribed is not asked for again, and its late frames change nothing', () => {
    const { session, id } = opened()
    expect(session.unsubscribe(id)).toEqual([{ type: 'unsubscribe', id }])
    expect(session.receive(snapshot(id, 3), 0)).toEqual({ send: [], changed: [] })
    expect(session.opened()).toEqual([])
  })
})

describe('after a loss', () => {
  test('the picture stands until the new snapshot replaces it', () => {
    const { session, id, subscription } = opened()
    session.receive(snapshot(id, 3), 0)
    session.closed()
    expect(dead(session, id)).toBe(3)
    expect(subscription.current).toBe(false)
    session.opened()
    expect(dead(session, id)).toBe(3)
    session.receive(snapshot(id, 5), 0)
    expect(dead(session, id)).toBe(5)
    expect(subscription.current).toBe(true)
  })

  test('a missing frame starts the subscription over; frames of before are not taken for it', () => {
    const { session, id } = opened()
    session.receive(snapshot(id, 3), 0)
    expect(session.receive(delta(id, 9, 3), 0).send).toEqual([{ type: 'subscribe', id, incidents: ['I-1'] }])
    expect(dead(session, id)).toBe(3)
    session.receive(delta(id, 10, 4), 0)
    expect(dead(session, id)).toBe(3)
    session.receive(snapshot(id, 11), 0)
    session.receive(delta(id, 12, 2), 0)
    expect(dead(session, id)).toBe(12)
  })
})

test('a refused subscription keeps its error until it is asked for again', () => {
  const { session, id, subscription } = opened()
  session.receive(JSON.stringify({ type: 'error', code: 'too_many_subscriptions', detail: 'no', id }), 0)
  expect(subscription.error?.code).toBe('too_many_subscriptions')
  session.opened()
  expect(subscription.error).toBeNull()
})

test('frames of a newer server that are not understood change nothing', () => {
  const { session } = opened()
  expect(session.receive(JSON.stringify({ type: 'weather', id: 's1' }), 0)).toEqual({ send: [], changed: [] })
})

describe('freshness', () => {
  const at = (text: string) => Date.parse(text)
  const NOW = '2026-08-20T06:00:10Z'

  test('waiting, live, disconnected', () => {
    const session = new FeedSession()
    expect(freshnessState(session.freshness(0))).toBe('waiting')
    session.opened()
    session.receive(heartbeat('2026-08-20T06:00:09Z', NOW), at(NOW))
    expect(freshnessState(session.freshness(at(NOW) + 500))).toBe('live')
    expect(freshnessState(session.freshness(at(NOW) + SILENCE_MS + 1))).toBe('disconnected')
    session.closed()
    expect(freshnessState(session.freshness(at(NOW) + 500))).toBe('disconnected')
  })

  test('heartbeats with a watermark that stands still: lagging', () => {
    const session = new FeedSession()
    session.opened()
    for (let second = 0; second * 1000 <= LAG_MS + 2000; second++) {
      const now = at(NOW) + second * 1000
      session.receive(heartbeat('2026-08-20T06:00:09Z', new Date(now).toISOString()), now)
      expect(freshnessState(session.freshness(now))).toBe((second + 1) * 1000 > LAG_MS ? 'lagging' : 'live')
    }
  })

  test('the age is by the server’s clock: a device that is an hour ahead is not stale', () => {
    const session = new FeedSession()
    session.opened()
    session.receive(heartbeat('2026-08-20T06:00:09Z', NOW), at(NOW) + 3_600_000)
    expect(ageOf(session.freshness(at(NOW) + 3_600_000))).toBe(1000)
    expect(freshnessState(session.freshness(at(NOW) + 3_600_000))).toBe('live')
  })
})
