/** The picture as it was known at a moment: the fold of what was on this installation's log by then (records.md 1). */
import { type Api, ApiError, type Situation } from '@fenghuo/client/api'
import type { UnitPicture } from '@fenghuo/client/picture'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { NATION } from '../../../reference/regions'
import type { Address } from './address'
import type { Picture } from './picture'

export type Units = ReadonlyMap<string, UnitPicture>
const ALL_LEVELS = -1
/** A slider names many moments on its way; only where it rests is asked for. */
const PAUSE_MS = 150

/** What was known at `moment()`, an RFC 3339 time; null: nothing is asked for. */
export function usePast(api: Api, address: Address, moment: () => string | null) {
  /** null: not known yet, or the incident was not known at that moment (`none`). */
  const units = shallowRef<Units | null>(null)
  const canonical = shallowRef<string | null>(null)
  const state = shallowRef<'off' | 'loading' | 'ready' | 'none' | 'failed'>('off')
  const problem = shallowRef('')
  let asking = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  watch([() => address.world, () => address.incident, moment], ([world, incident, at], before) => {
    asking.abort()
    clearTimeout(timer)
    if (incident !== before[1] || world !== before[0] || at === null) units.value = null
    if (incident === null || at === null) return void (state.value = 'off')
    state.value = 'loading'
    timer = setTimeout(() => void load(), PAUSE_MS)
  }, { immediate: true })
  onScopeDispose(() => (asking.abort(), clearTimeout(timer)))

  async function load(): Promise<void> {
    const { incident, world: status } = address
    const known_at = moment()
    if (incident === null || known_at === null) return
    asking = new AbortController()
    const { signal } = asking
    try {
      const found = await api.situation(incident, { unit: NATION, status, depth: ALL_LEVELS, known_at }, signal)
      const none = found.newest_recorded_at == null
      units.value = none ? null : unitsOf(found)
      canonical.value = found.incident_id
      state.value = none ? 'none' : 'ready'
    } catch (error) {
      if (signal.aborted) return
      units.value = null
      const unknownThen = error instanceof ApiError && error.status === 404
      if (!unknownThen) console.warn('past', error)
      problem.value = String(error instanceof ApiError ? error.message : error)
      state.value = unknownThen ? 'none' : 'failed'
    }
  }

  return { units, canonical, state, problem, reload: load }
}

export type Past = ReturnType<typeof usePast>

/** The picture that the page shows: the live one, or while it looks back the one of that moment. */
export function withPast(live: Picture, past: Past, address: Address): Picture {
  const back = () => address.at !== null
  return {
    ...live,
    units: computed(() => (back() ? named(past.units.value ?? new Map(), live.units.value.get(NATION)) : live.units.value)),
    canonical: computed(() => (back() ? (past.canonical.value ?? live.canonical.value) : live.canonical.value)),
    shown: computed(() => (back() ? past.units.value !== null || past.state.value === 'none' : live.shown.value)),
    alarms: computed(() => (back() ? [] : live.alarms.value)),
  }
}

/** An incident is called what it is called now, also where one looks back. */
function named(units: Units, nation: UnitPicture | undefined): Units {
  const then = units.get(NATION)
  return then && nation?.head ? new Map(units).set(NATION, { ...then, head: nation.head }) : units
}

/** A nested situation as units by code, each whole. */
export function unitsOf(situation: Situation): Map<string, UnitPicture> {
  const found = new Map<string, UnitPicture>()
  const visit = (each: Situation): void => {
    found.set(each.unit, { version: each.version ?? 0, figures: each.figures, beside: each.beside ?? {}, head: null })
    each.children?.forEach(visit)
  }
  visit(situation)
  return found
}
