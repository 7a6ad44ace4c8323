/** The moments at which something of the incident came onto this installation's log: where the slider stops. */
import type { Api } from '@fenghuo/client/api'
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { Address } from './address'

const PAGE = 500
/** Earlier ones are reached by typing the time. */
const MOST = 2000
/** After news the newest page is asked for at most so often. */
const PAUSE_MS = 5000

export function useStops(api: Api, address: Address, news: () => unknown) {
  const moments = shallowRef<readonly string[]>([])
  const failed = shallowRef(false)
  /** Whether there are earlier moments than those held. */
  const cut = shallowRef(false)
  let asking = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  watch([() => address.world, () => address.incident], () => ((moments.value = []), void ask(all)), { immediate: true })
  watch(news, () => (timer ??= setTimeout(() => ((timer = undefined), void ask(newest)), PAUSE_MS)))
  onScopeDispose(() => (asking.abort(), clearTimeout(timer)))

  async function ask(how: (incident: string, signal: AbortSignal) => Promise<void>): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    if (address.incident === null) return
    try {
      await how(address.incident, signal)
      failed.value = false
    } catch (error) {
      if (signal.aborted) return
      console.warn('stops', error)
      failed.value = true
    }
  }

  async function all(incident: string, signal: AbortSignal): Promise<void> {
    const found = new Set<string>()
    let after: string | null = null
    do {
      const page = await api.journal({ incident, status: address.world, limit: PAGE, order: 'newest', ...(after ? { after } : {}) }, signal)
      for (const item of page.items) found.add(item.recorded_at)
      after = page.next
    } while (after !== null && found.size < MOST)
    cut.value = after !== null
    hold(found)
  }

  /** What came since; all anew where more came than a page holds. */
  async function newest(incident: string, signal: AbortSignal): Promise<void> {
    const known = new Set(moments.value)
    const page = await api.journal({ incident, status: address.world, limit: PAGE, order: 'newest' }, signal)
    const came = page.items.map((item) => item.recorded_at)
    if (page.next !== null && !came.some((moment) => known.has(moment))) return all(incident, signal)
    for (const moment of came) known.add(moment)
    cut.value ||= known.size > MOST
    hold(known)
  }

  function hold(found: ReadonlySet<string>): void {
    moments.value = [...found].sort((one, other) => Date.parse(one) - Date.parse(other)).slice(-MOST)
  }

  return { moments, failed, cut }
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
