/** The moments at which something of the incident came onto this installation's log: where the slider stops. */
import type { Api } from '@fenghuo/client/api'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { Address } from './address'

const PAGE = 500
/** Earlier ones are reached by typing the time. */
const MOST = 2000

export function useStops(api: Api, address: Address, revision: () => unknown) {
  const moments = shallowRef<readonly string[]>([])
  const failed = shallowRef(false)
  /** Whether there are earlier moments than those held. */
  const cut = shallowRef(false)
  let asking = new AbortController()

  watch([() => address.world, () => address.incident], () => ((moments.value = []), void load()), { immediate: true })
  watch(revision, () => void load())
  onScopeDispose(() => asking.abort())

  async function load(): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    const { incident, world: status } = address
    if (incident === null) return
    try {
      const found = new Set<string>()
      let after: string | null = null
      do {
        const page = await api.journal({ incident, status, limit: PAGE, order: 'newest', ...(after ? { after } : {}) }, signal)
        for (const item of page.items) found.add(item.recorded_at)
        after = page.next
      } while (after !== null && found.size < MOST)
      moments.value = [...found].sort((one, other) => Date.parse(one) - Date.parse(other))
      cut.value = after !== null
      failed.value = false
    } catch (error) {
      if (signal.aborted) return
      console.warn('stops', error)
      failed.value = true
    }
  }

  return { moments, failed, cut, last: computed(() => moments.value.length) }
}

/** How many stops lie at or before a moment. */
export function stopsUntil(moments: readonly string[], at: string): number {
  const time = Date.parse(at)
  let [low, high] = [0, moments.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (Date.parse(moments[middle]!) <= time) low = middle + 1
    else high = middle
  }
  return low
}
