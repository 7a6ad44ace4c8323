/**
 * The records that wait for a person: those that stand `held`, and those of which only a part waits. The latter stand
 * `effective` (records.md 4: the first that fits), so whether a value of theirs still waits is read from the alternatives
 * of the units that they name.
 */
import type { Api } from '@fenghuo/client/api'
import type { Alternative, Outcome, Record as FenghuoRecord } from '@fenghuo/client/contract'
import { computed, onScopeDispose, shallowReactive, watch } from 'vue'
import type { Address } from './address'
import { statedValues } from './records'

/** Records fetched for the list; beyond it only their number is said. */
export const SHOWN = 50
/** After a change it is looked again at most so often. */
const PAUSE_MS = 1000

export interface HeldRecord {
  readonly outcome: Outcome
  readonly record: FenghuoRecord | null
}

export function useHeld(api: Api, address: Address, outcomes: () => readonly Outcome[]) {
  const records = shallowReactive(new Map<string, FenghuoRecord>())
  const partly = shallowReactive(new Set<string>())
  let timer: ReturnType<typeof setTimeout> | undefined

  const maybe = computed(() => outcomes().filter(({ disposition, standing }) => disposition === 'held' && standing === 'effective').slice(-SHOWN))
  const held = computed(() => outcomes().filter((outcome) => outcome.standing === 'held' || (outcome.standing === 'effective' && partly.has(outcome.record_id))).reverse())

  async function look(): Promise<void> {
    timer = undefined
    const wanted = [...maybe.value, ...held.value.slice(0, SHOWN)]
    // Those that no longer wait are let go: a page is open for days.
    const ids = new Set(wanted.map(({ record_id: id }) => id))
    for (const id of [...records.keys()]) if (!ids.has(id)) records.delete(id)
    const known = new Set(outcomes().map(({ record_id: id }) => id))
    for (const id of [...partly]) if (!known.has(id)) partly.delete(id)
    await Promise.all(wanted.filter(({ record_id: id }) => !records.has(id)).map(({ record_id: id }) => fetchRecord(id)))
    await Promise.all(maybe.value.map(({ record_id: id }) => lookAtPart(id)))
  }

  async function fetchRecord(id: string): Promise<void> {
    try {
      records.set(id, (await api.record(id)).record)
    } catch (error) {
      console.warn('record', id, error) // asked for again with the next change
    }
  }

  async function lookAtPart(id: string): Promise<void> {
    const { incident, world: status } = address
    const record = records.get(id)
    if (incident === null || !record) return
    const units = [...new Set(statedValues(record).map(({ unit }) => unit))]
    try {
      const shown = await Promise.all(units.map((unit) => api.situation(incident, { unit, status, depth: 0 })))
      const said: Alternative[] = shown.flatMap(({ figures, beside }) => [...Object.values(figures).flatMap((figure) => figure.alternatives ?? []), ...Object.values(beside ?? {}).flat()])
      if (said.some((each) => each.kind === 'held' && each.record_id === id)) partly.add(id)
      else partly.delete(id)
    } catch (error) {
      console.warn('held', id, error)
    }
  }

  watch(outcomes, () => (timer ??= setTimeout(look, PAUSE_MS)))
  watch([() => address.incident, () => address.world], () => partly.clear())
  void look()
  onScopeDispose(() => clearTimeout(timer))

  return {
    count: computed(() => held.value.length),
    shown: computed<HeldRecord[]>(() => held.value.slice(0, SHOWN).map((outcome) => ({ outcome, record: records.get(outcome.record_id) ?? null }))),
  }
}
