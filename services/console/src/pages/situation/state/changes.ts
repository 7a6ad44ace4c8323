/** What the figures were at a chosen time: the last value published before it, asked for once per figure. */
import { type Api, ApiError } from '@fenghuo/client/api'
import { shallowReactive, shallowRef, watch } from 'vue'
import type { Address } from './address'

/** null: no figure then; undefined (absent): not known yet. */
export type Before = ReadonlyMap<string, number | null>

export const SPANS = [15, 60, 360, 1440] as const
const MINUTE = 60_000

export function useChanges(api: Api, address: Address, keys: () => readonly string[]) {
  /** Milliseconds since 1970. */
  const since = shallowRef(Date.now() - 60 * MINUTE)
  const before = shallowReactive(new Map<string, number | null>())
  const failed = shallowRef(false)
  let asking = new AbortController()

  watch([() => address.world, () => address.incident, () => address.unit, since], () => {
    asking.abort()
    asking = new AbortController()
    before.clear()
    failed.value = false
  })
  watch([() => address.incident, () => address.unit, () => address.world, since, () => keys().join()], () => {
    for (const key of keys()) if (!before.has(key)) void ask(key, asking.signal)
  }, { immediate: true })

  async function ask(key: string, signal: AbortSignal): Promise<void> {
    const { incident, unit, world } = address
    if (incident === null) return
    const to = new Date(since.value).toISOString()
    try {
      const page = await api.history(incident, { unit, key, status: world, to, order: 'newest', limit: 1 }, signal)
      before.set(key, page.items[0]?.figure?.total ?? null)
    } catch (error) {
      if (signal.aborted) return
      // The ledger hears of an incident a moment after the picture does.
      if (error instanceof ApiError && error.status === 404) before.set(key, null)
      else failed.value = true
    }
  }

  return { since, before: before as Before, failed }
}
