import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { newItem, type OutgoingRecord } from './items'
import type { Answer } from './posting'
import { BATCH, Sender, type SenderState } from './sender'
import { DexieOutbox, OutboxDatabase } from './store'

let database: OutboxDatabase
let store: DexieOutbox
let named = 0

beforeEach(() => {
  database = new OutboxDatabase(`sender-${named++}`)
  store = new DexieOutbox(database)
})
afterEach(() => database.delete())

function record(id: string): OutgoingRecord {
  return {
    record_id: id,
    type: 'loss_report',
    incident_id: 'i',
    status: 'Exercise',
    source: { org: '漳扎镇', class: 'official_stat', level: 'township' },
    as_of: '2026-08-20T08:00:00.000+08:00',
    sent_at: '2026-08-20T08:00:00.000+08:00',
    device_sent_at: '2026-08-20T08:00:00.000+08:00',
    rows: [{ unit: '513225102000', values: { dead: 1 } }],
  }
}

/** A server that answers from a list, then stores; it keeps every batch it was sent. */
function harness(answers: Answer[] = [], offset: number | null = 0) {
  const batches: OutgoingRecord[][] = []
  const timers: { wait: number; call: () => void }[] = []
  const states: SenderState[] = []
  let settled: () => void = () => undefined
  const sender = new Sender(
    store,
    async (records) => {
      batches.push([...records])
      return answers.shift() ?? { kind: 'verdicts', verdicts: records.map(() => ({ result: 'stored' })) }
    },
    {
      now: () => 1_000_000,
      random: () => 0.999,
      after: (wait, call) => {
        timers.push({ wait, call })
        return () => undefined
      },
      clockOffset: async () => offset,
    },
    (state) => {
      states.push(state)
      if (state.phase !== 'sending') settled()
    },
  )
  const until = () => new Promise<void>((resolve) => (settled = resolve))
  return { sender, batches, timers, states, until }
}

async function file(ids: readonly string[], options = { sealed: true, asOfFiling: true }): Promise<void> {
  for (const id of ids) await store.add(newItem(record(id), 5_000, options))
}

const ids = (batches: readonly (readonly OutgoingRecord[])[]) => batches.map((batch) => batch.map((each) => each.record_id))
const states = async () => (await database.items.toArray()).map(({ id, state }) => `${id} ${state}`)

describe('Sender', () => {
  it('sends in the order of filing, in batches, until nothing waits', async () => {
    const many = Array.from({ length: BATCH + 5 }, (_, at) => `r${at}`)
    await file(many)
    const { sender, batches, until } = harness()
    const done = until()
    sender.wake()
    await done
    expect(batches.map((batch) => batch.length)).toEqual([BATCH, 5])
    expect(ids(batches).flat()).toEqual(many)
    expect(await store.waiting(10)).toEqual([])
  })

  it('keeps everything and waits longer each time while no answer comes', async () => {
    await file(['a'])
    const again: Answer = { kind: 'again', after: null, why: 'TypeError' }
    const { sender, timers, until } = harness([again, again, again])
    sender.wake()
    await until()
    for (const _ of [1, 2]) {
      const next = until()
      timers.at(-1)!.call()
      await next
    }
    expect(timers.map(({ wait }) => Math.round(wait / 1000))).toEqual([1, 2, 4])
    expect(await states()).toEqual(['a stored'])
  })

  it('waits at least as long as the server asks', async () => {
    await file(['a'])
    const { sender, timers, until } = harness([{ kind: 'again', after: 10_000, why: 'HTTP 503' }])
    sender.wake()
    await until()
    expect(timers[0]!.wait).toBe(10_000)
  })

  it('sends the same bytes again after an attempt whose answer was lost', async () => {
    await file(['a'], { sealed: false, asOfFiling: true })
    const { sender, batches, timers, until } = harness([{ kind: 'again', after: null, why: 'TimeoutError' }], 7_000)
    sender.wake()
    await until()
    const done = until()
    timers[0]!.call()
    await done
    expect(batches[1]).toEqual(batches[0])
    expect(Date.parse(batches[0]![0]!.sent_at)).toBe(12_000)
    expect(Date.parse(batches[0]![0]!.as_of)).toBe(12_000)
    expect(batches[0]![0]!.device_sent_at).toBe(record('a').device_sent_at)
  })

  it('leaves a time that a person typed', async () => {
    await file(['a'], { sealed: false, asOfFiling: false })
    const { sender, batches, until } = harness([], 7_000)
    sender.wake()
    await until()
    expect(batches[0]![0]!.as_of).toBe(record('a').as_of)
    expect(Date.parse(batches[0]![0]!.sent_at)).toBe(12_000)
  })

  it('keeps a refused record with its problem and goes on with the next', async () => {
    await file(['a', 'b'])
    const problem = { title: '不合规', status: 422, detail: 'rows', type: 'x' }
    const { sender, until } = harness([{ kind: 'verdicts', verdicts: [{ result: 'refused', problem }, { result: 'stored' }] }])
    sender.wake()
    await until()
    expect(await states()).toEqual(['a refused', 'b received'])
    expect((await database.items.get({ id: 'a' }))!.problem).toEqual(problem)
  })

  it('sends less at once where the server takes less', async () => {
    await file(['a', 'b', 'c', 'd'])
    const { sender, batches, until } = harness([{ kind: 'too_large' }, { kind: 'too_large' }])
    sender.wake()
    await until()
    expect(ids(batches)).toEqual([['a', 'b', 'c', 'd'], ['a', 'b'], ['a'], ['b', 'c', 'd']])
  })
})
