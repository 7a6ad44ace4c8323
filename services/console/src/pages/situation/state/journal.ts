/** The incident's records, newest first: pages of the journal, with the newest judgement the socket told. */
import type { Api, JournalItem, Judgement, Page } from '@fenghuo/client/api'
import type { Outcome, Record as FenghuoRecord } from '@fenghuo/client/contract'
import { computed, onScopeDispose, shallowReactive, shallowRef, watch } from 'vue'
import type { Address } from './address'

export interface JournalRow {
  readonly record: FenghuoRecord
  readonly recordedAt: string | null
  readonly outcome: Judgement | null
}

const PAGE = 100
/** Records held; with more the list starts over, so that a page that is open for days does not grow. */
const MOST = 1000
/** After a change the journal is asked at most so often. */
const PAUSE_MS = 1000

export function useJournal(api: Api, address: Address, outcomes: () => readonly Outcome[]) {
  const items = shallowReactive(new Map<string, JournalItem>())
  const next = shallowRef<string | null>(null)
  const state = shallowRef<'loading' | 'ready' | 'failed'>('loading')
  let asking = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  const judged = computed(() => new Map(outcomes().map((outcome) => [outcome.record_id, outcome])))
  const rows = computed<JournalRow[]>(() =>
    [...items.values()]
      .map(({ record, recorded_at, outcome }) => ({ record, recordedAt: recorded_at, outcome: newest(outcome, judged.value.get(record.record_id)) }))
      .sort((one, other) => stamp(other).localeCompare(stamp(one)) || other.record.record_id.localeCompare(one.record.record_id)),
  )

  watch([() => address.world, () => address.incident], () => {
    asking.abort()
    asking = new AbortController()
    items.clear()
    next.value = null
    state.value = 'loading'
    void load()
  }, { immediate: true })
  watch(outcomes, () => (timer ??= setTimeout(() => ((timer = undefined), void load()), PAUSE_MS)))
  onScopeDispose(() => (asking.abort(), clearTimeout(timer)))

  async function load(after?: string): Promise<void> {
    const { incident, world } = address
    if (incident === null) return
    const { signal } = asking
    try {
      const page = await api.journal({ incident, status: world, limit: PAGE, ...(after ? { after } : {}) }, signal)
      if (after === undefined && mustStartOver(page)) items.clear()
      if (after !== undefined || items.size === 0) next.value = page.next
      for (const item of page.items) items.set(item.record.record_id, earliest(items.get(item.record.record_id), item))
      state.value = 'ready'
    } catch (error) {
      if (signal.aborted) return
      console.warn('journal', error)
      state.value = 'failed'
    }
  }

  /** The newest page alone, unless earlier ones were asked for, join it without a gap and are not too many. */
  function mustStartOver(page: Page<JournalItem>): boolean {
    const joins = page.items.some(({ record }) => items.has(record.record_id))
    return items.size <= PAGE || items.size > MOST || !joins
  }

  return { rows, state, hasMore: computed(() => next.value !== null), more: () => (next.value ? load(next.value) : undefined), reload: () => load() }
}

/** A repeated delivery is an entry of its own; the record is shown once, with its earliest stamp (records.md 2). */
function earliest(known: JournalItem | undefined, item: JournalItem): JournalItem {
  return known && (known.record.received_at ?? '') < (item.record.received_at ?? '') ? { ...known, outcome: item.outcome } : item
}

function newest(stored: Judgement | null, told: Outcome | undefined): Judgement | null {
  return told && (told.version ?? 0) > (stored?.version ?? -1) ? told : stored
}

function stamp(row: JournalRow): string {
  return new Date(row.record.received_at ?? row.record.sent_at).toISOString()
}
