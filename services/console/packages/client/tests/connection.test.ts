import { beforeEach, expect, test } from 'vitest'
import { FeedConnection, SUBPROTOCOL, type Socket, type Surroundings } from '../src/connection'
import { SILENCE_MS } from '../src/freshness'

/** A socket that a test opens, feeds and closes; time that it moves. */
class Line implements Socket {
  onopen: (() => void) | null = null
  onclose: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  sent: unknown[] = []
  closed = false

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.closed = true
  }
}

let lines: Line[]
let timers: { at: number; call: () => void }[]
let time: number

const surroundings: Surroundings = {
  open(url, subprotocol) {
    expect([url, subprotocol]).toEqual(['ws://here/v1/feed', SUBPROTOCOL])
    lines.push(new Line())
    return lines.at(-1)!
  },
  now: () => time,
  random: () => 0.5,
  after(milliseconds, call) {
    const timer = { at: time + milliseconds, call }
    timers.push(timer)
    return () => (timers = timers.filter((each) => each !== timer))
  },
}

function pass(milliseconds: number): void {
  const until = time + milliseconds
  for (let due = next(until); due; due = next(until)) {
    time = due.at
    timers = timers.filter((each) => each !== due)
    due.call()
  }
  time = until
}

const next = (until: number) => timers.filter((each) => each.at <= until).sort((a, b) => a.at - b.at)[0]
const heartbeat = JSON.stringify({ type: 'heartbeat', watermark: null, server_time: '2026-08-20T06:00:00Z' })

beforeEach(() => {
  lines = []
  timers = []
  time = 1_000_000
})

test('a lost connection is opened again and everything asked for again', () => {
  const connection = new FeedConnection('ws://here/v1/feed', surroundings)
  const subscription = connection.subscribe({ incidents: ['*'] })
  lines[0]!.onopen!()
  lines[0]!.onclose!()
  expect(connection.freshness().connected).toBe(false)
  pass(1000)
  expect(lines.length).toBe(2)
  lines[1]!.onopen!()
  expect(lines[1]!.sent).toEqual([{ type: 'subscribe', id: subscription.id, incidents: ['*'] }])
})

test('attempts come further apart, at most every five seconds, and start over after a success', () => {
  new FeedConnection('ws://here/v1/feed', surroundings)
  const gaps: number[] = []
  for (let at = 0; at < 8; at++) {
    const before = time
    lines.at(-1)!.onclose!()
    const opened = lines.length
    while (lines.length === opened) pass(1)
    gaps.push(time - before)
  }
  expect(gaps).toEqual([188, 375, 750, 1500, 3000, 3750, 3750, 3750])
  lines.at(-1)!.onopen!()
  lines.at(-1)!.onmessage!({ data: heartbeat })
  lines.at(-1)!.onclose!()
  pass(188)
  expect(lines.length).toBe(10)
})

test('a socket that says nothing is given up', () => {
  new FeedConnection('ws://here/v1/feed', surroundings)
  lines[0]!.onopen!()
  for (let second = 0; second < 20; second++) {
    lines[0]!.onmessage!({ data: heartbeat })
    pass(1000)
  }
  expect(lines.length).toBe(1)
  pass(2 * SILENCE_MS + 1000)
  expect(lines[0]!.closed).toBe(true)
  expect(lines.length).toBe(2)
})

test('closed for good: no other attempt', () => {
  const connection = new FeedConnection('ws://here/v1/feed', surroundings)
  lines[0]!.onopen!()
  connection.close()
  pass(60_000)
  expect(lines.length).toBe(1)
  expect(lines[0]!.closed).toBe(true)
})
