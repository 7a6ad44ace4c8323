import 'fake-indexeddb/auto'
import { ApiError, type Judgement, type StoredRecord } from '@fenghuo/client/api'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newItem, type OutgoingRecord } from './items'
import { Receipts } from './receipts'
import { DexieOutbox, OutboxDatabase } from './store'

let database: OutboxDatabase
let store: DexieOutbox
let named = 0

beforeEach(async () => {
  database = new OutboxDatabase(`receipts-${named++}`)
  store = new DexieOutbox(database)
  await store.add({ ...newItem({ record_id: 'a' } as OutgoingRecord, 0, { sealed: true, asOfFiling: true }), state: 'received' })
})
afterEach(() => database.delete())

const judgement = (standing: string): Judgement => ({ disposition: 'accepted', flags: [], standing, version: 3 }) as unknown as Judgement

/** Rounds happen one by one; each answers how long it wants to wait. */
function harness(answers: (Judgement | null | Error)[], visible = true) {
  let now = 1_000
  let next: (() => void) | null = null
  let waited: (milliseconds: number) => void = () => undefined
  let looks = 0
  const receipts = new Receipts(store, {
    now: () => now,
    after: (milliseconds, call) => {
      next = call
      waited(milliseconds)
      return () => undefined
    },
    look: async () => {
      looks++
      const answer = answers.shift() ?? null
      if (answer instanceof Error) throw answer
      return { record: {}, outcome: answer } as StoredRecord
    },
    visible: () => visible,
  })
  async function round(): Promise<number> {
    const wait = new Promise<number>((resolve) => (waited = resolve))
    if (next) next()
    else receipts.wake()
    const milliseconds = await wait
    now += milliseconds
    return milliseconds
  }
  return { round, looks: () => looks }
}

const outcome = async () => (await database.items.get({ id: 'a' }))!.outcome

describe('Receipts', () => {
  it('asks soon and then less often until a record is judged', async () => {
    const { round } = harness([null, null, judgement('effective')])
    const waits = [await round(), await round()]
    expect(waits[1]).toBeGreaterThan(waits[0]!)
    expect(await outcome()).toBeNull()
    await round()
    expect((await outcome())!.standing).toBe('effective')
  })

  it('hears what becomes of a judged record later', async () => {
    const { round } = harness([judgement('effective'), judgement('superseded')])
    await round()
    await round()
    expect((await outcome())!.standing).toBe('superseded')
  })

  it('looks again at what a correction corrects', async () => {
    await store.add({ ...newItem({ record_id: 'b', supersedes: 'a' } as unknown as OutgoingRecord, 1, { sealed: true, asOfFiling: true }), state: 'received' })
    const { round } = harness([judgement('held'), judgement('effective'), judgement('superseded')])
    await round()
    expect((await outcome())!.standing).toBe('held')
    expect(await round()).toBeLessThan(1000)
    expect((await outcome())!.standing).toBe('superseded')
  })

  it('keeps what is known when there is no network or the record is not found yet', async () => {
    const { round } = harness([judgement('held'), new TypeError('Failed to fetch'), new ApiError(404, null)])
    for (const _ of [1, 2, 3]) await round()
    expect((await outcome())!.standing).toBe('held')
  })

  it('asks nothing while nobody sees the page', async () => {
    const { round, looks } = harness([judgement('effective')], false)
    await round()
    expect(looks()).toBe(0)
  })
})
