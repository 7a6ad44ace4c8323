/** The outbox of this device as Vue sees it: its items as they are in the database, and what is being done with them. */
import { Api } from '@fenghuo/client/api'
import { liveQuery } from 'dexie'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { keep, kept } from '../design/keeping'
import { askServerClock, measureClock, type ClockOffset } from './clock'
import { newItem, type OutboxItem, type OutgoingRecord } from './items'
import { postRecords } from './posting'
import { Receipts } from './receipts'
import { Sender, type SenderState } from './sender'
import { DexieOutbox, type OutboxDatabase } from './store'

const MEASURE_EVERY_MS = 10 * 60_000
/** Items that the page lists. */
const SHOWN = 300

const after = (milliseconds: number, call: () => void) => {
  const timer = setTimeout(call, milliseconds)
  return () => clearTimeout(timer)
}

export function useOutbox(database: OutboxDatabase, api = new Api()) {
  const store = new DexieOutbox(database)
  const items = shallowRef<readonly OutboxItem[]>([])
  const total = ref(0)
  const waiting = ref(0)
  const sending = shallowRef<SenderState>({ phase: 'idle', nextAt: null, why: null })
  const clock = shallowRef<ClockOffset | null>(keptClock())
  const online = ref(navigator.onLine)
  const failed = ref<string | null>(null)

  async function measure(): Promise<number | null> {
    try {
      clock.value = await measureClock(askServerClock, Date.now)
      keep('clock', JSON.stringify(clock.value))
    } catch (error) {
      console.warn('clock', error) // no network: the last measurement stands
    }
    return clock.value?.offset ?? null
  }

  const sender = new Sender(store, postRecords(), { now: Date.now, random: Math.random, after, clockOffset: measure }, (state) => {
    sending.value = state
    if (state.phase === 'idle') receipts.wake()
  })
  const receipts = new Receipts(store, {
    now: Date.now,
    after,
    look: (id) => api.record(id),
    visible: () => document.visibilityState === 'visible',
  })

  // Newest first; older ones stay in the database, and the page says how many there are.
  const watching = liveQuery(async () => ({
    shown: await database.items.orderBy('order').reverse().limit(SHOWN).toArray(),
    total: await database.items.count(),
    waiting: await database.items.where('state').equals('stored').count(),
  })).subscribe({
    next: (found) => {
      items.value = found.shown
      total.value = found.total
      waiting.value = found.waiting
      failed.value = null
    },
    error: (error: unknown) => (failed.value = String(error)),
  })

  function returned(): void {
    online.value = navigator.onLine
    // Tried also where the browser says that there is no network: behind some tunnels it is wrong.
    void measure()
    sender.wake()
    receipts.wake()
  }
  function seen(): void {
    if (document.visibilityState === 'visible') returned()
  }
  const offline = () => (online.value = false)
  window.addEventListener('online', returned)
  window.addEventListener('offline', offline)
  document.addEventListener('visibilitychange', seen)
  const measuring = setInterval(() => void measure(), MEASURE_EVERY_MS)
  returned()

  onScopeDispose(() => {
    sender.stop()
    receipts.stop()
    watching.unsubscribe()
    clearInterval(measuring)
    window.removeEventListener('online', returned)
    window.removeEventListener('offline', offline)
    document.removeEventListener('visibilitychange', seen)
  })

  /** Keep a record for good and send it when it can be. Rejects when the device cannot store it. */
  async function file(record: OutgoingRecord, filedAt: number, asOfFiling: boolean, replaces: string | null = null): Promise<void> {
    const item = newItem(record, filedAt, { sealed: clock.value !== null, asOfFiling })
    await database.transaction('rw', database.items, async () => {
      await store.add(item)
      if (replaces !== null) await store.change(replaces, { replacedBy: item.id })
    })
    sender.wake()
  }

  return {
    items,
    total,
    waiting,
    sending,
    clock,
    online,
    failed,
    /** Server − device clock, milliseconds; 0 while it was never measured. */
    offset: computed(() => clock.value?.offset ?? 0),
    file,
    sendNow: () => sender.wake(),
  }
}

export type Outbox = ReturnType<typeof useOutbox>

function keptClock(): ClockOffset | null {
  try {
    const found = JSON.parse(kept('clock') ?? 'null') as ClockOffset | null
    return found !== null && Number.isFinite(found.offset) && Number.isFinite(found.measuredAt) ? found : null
  } catch {
    return null // written by something else
  }
}
