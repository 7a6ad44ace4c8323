/** The published values of the chosen figure, fetched again after it changed. */
import type { Api, PastFigure } from '@fenghuo/client/api'
import { ApiError } from '@fenghuo/client/api'
import { onScopeDispose, shallowRef, watch } from 'vue'
import type { Address } from './address'
import type { Picture } from './picture'

const PAGE = 500
/** Values beyond it are left out, the oldest first. */
const MOST = 2000
const PAUSE_MS = 1000

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
      if (figure && figure.total !== values.value.at(-1)?.figure?.total) timer ??= setTimeout(() => ((timer = undefined), void load()), PAUSE_MS)
    },
  )
  onScopeDispose(() => (asking.abort(), clearTimeout(timer)))

  async function load(): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const { signal } = asking
    const { incident, unit, key, world } = address
    if (incident === null) return
    const found: PastFigure[] = []
    let after: string | null = null
    try {
      do {
        const page = await api.history(incident, { unit, key, status: world, order: 'newest', limit: PAGE, ...(after ? { after } : {}) }, signal)
        found.push(...page.items)
        after = page.next
      } while (after !== null && found.length < MOST)
      values.value = found.reverse()
      state.value = 'ready'
    } catch (error) {
      if (signal.aborted) return
      if (!(error instanceof ApiError && error.status === 404)) console.warn('trend', error)
      state.value = error instanceof ApiError && error.status === 404 ? 'ready' : 'failed'
    }
  }

  return { values, state, reload: load }
}
