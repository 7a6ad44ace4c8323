/** The published values of the chosen figure, fetched again after it changed. */
import type { Api, Page, PastFigure } from '@fenghuo/client/api'
import { ApiError } from '@fenghuo/client/api'
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { Address } from './address'
import type { Picture } from './picture'

const PAGE = 500
/** Values beyond it are left out, the oldest first. */
const MOST = 2000
const PAUSE_MS = 2000

export function useTrend(api: Api, address: Address, picture: Picture) {
  const values = shallowRef<readonly PastFigure[]>([])
  const state = shallowRef<'loading' | 'ready' | 'failed'>('loading')
  let asking = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  watch([() => address.world, () => address.incident, () => address.unit, () => address.key], () => {
    values.value = []
    state.value = 'loading'
    void load()
  }, { immediate: true })
  watch(
    () => picture.units.value.get(address.unit)?.figures[address.key],
    (figure) => {
      if (figure && figure.total !== values.value.at(-1)?.figure?.total) timer ??= setTimeout(() => void follow(), PAUSE_MS)
    },
  )
  onScopeDispose(() => (asking.abort(), clearTimeout(timer)))

  async function load(): Promise<void> {
    await ask(async (signal) => {
      const found: PastFigure[] = []
      let after: string | null = null
      do {
        const page: Page<PastFigure> = await history({ order: 'newest', ...(after ? { after } : {}) }, signal)
        found.push(...page.items)
        after = page.next
      } while (after !== null && found.length < MOST)
      return found.reverse()
    })
  }

  /** Only what was published since the last value that is known. */
  async function follow(): Promise<void> {
    timer = undefined
    const last = values.value.at(-1)
    if (!last) return load()
    await ask(async (signal) => {
      const { items } = await history({ from: last.published_at }, signal)
      return [...values.value, ...items.filter(({ version }) => version > last.version)].slice(-MOST)
    })
  }

  async function ask(fetchValues: (signal: AbortSignal) => Promise<readonly PastFigure[]>): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    if (address.incident === null) return
    try {
      values.value = await fetchValues(signal)
      state.value = 'ready'
    } catch (error) {
      if (signal.aborted) return
      const unknown = error instanceof ApiError && error.status === 404 // the ledger has not heard of the incident yet
      if (!unknown) console.warn('trend', error)
      state.value = unknown ? 'ready' : 'failed'
    }
  }

  function history(query: { order?: 'newest'; after?: string; from?: string }, signal: AbortSignal): Promise<Page<PastFigure>> {
    const { incident, unit, key, world: status } = address
    return api.history(incident!, { unit, key, status, limit: PAGE, ...query }, signal)
  }

  return { values, state, reload: load }
}
