/** The held records themselves: the socket names them, the ledger has them. */
import type { Api } from '@fenghuo/client/api'
import type { Outcome, Record as FenghuoRecord } from '@fenghuo/client/contract'
import { computed, shallowReactive, watch } from 'vue'

/** Records fetched for the list; beyond it only their number is said. */
export const SHOWN = 50

export interface HeldRecord {
  readonly outcome: Outcome
  readonly record: FenghuoRecord | null
}

export function useHeld(api: Api, outcomes: () => readonly Outcome[]) {
  const records = shallowReactive(new Map<string, FenghuoRecord | null>())
  const held = computed(() => outcomes().filter((outcome) => outcome.standing === 'held').reverse())

  watch(held, (now) => {
    for (const { record_id: id } of now.slice(0, SHOWN)) if (!records.has(id)) void fetchRecord(id)
  }, { immediate: true })

  async function fetchRecord(id: string): Promise<void> {
    records.set(id, null)
    try {
      records.set(id, (await api.record(id)).record)
    } catch (error) {
      console.warn('record', id, error)
      records.delete(id) // asked for again with the next change
    }
  }

  return {
    count: computed(() => held.value.length),
    shown: computed<HeldRecord[]>(() => held.value.slice(0, SHOWN).map((outcome) => ({ outcome, record: records.get(outcome.record_id) ?? null }))),
  }
}
