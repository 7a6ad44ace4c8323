/** Positions of the units that the map shows, as the server has them; asked for anew when there was news of records. */
import type { Point } from '@fenghuo/client/api'
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { NATION, prefixOf } from '../../../reference/regions'
import type { Context } from '../state/context'
import { byPosition } from './points'

const REFRESH_MS = 10_000
const PAGE = 500

export function usePoints({ address, api, picture, reference }: Pick<Context, 'address' | 'api' | 'picture' | 'reference'>) {
  const points = shallowRef<ReadonlyMap<string, Point>>(new Map())
  const attribution = ref<string | null>(null)
  const failed = ref(false)
  /** The county's digits where a unit of it is chosen; null: the nation. */
  const prefix = computed(() => (address.unit === NATION ? null : prefixOf(address.unit).slice(0, 6)))
  let asking: AbortController | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(): Promise<void> {
    timer = undefined
    asking?.abort()
    const within = prefix.value
    if (within === null) return
    const { signal } = (asking = new AbortController())
    try {
      const found = new Map<string, Point>()
      let after: string | null = null
      do {
        const page = await api.points({ within, status: address.world, limit: PAGE, after }, signal)
        for (const point of page.items) found.set(point.unit, point)
        attribution.value = page.attribution
        after = page.next
      } while (after !== null)
      points.value = found
      failed.value = false
    } catch (error) {
      if (signal.aborted) return
      console.warn('points', error)
      failed.value = true
      refresh()
    }
  }
  function refresh(): void {
    timer ??= setTimeout(() => void load(), REFRESH_MS)
  }

  // What was attached in an exercise is of no concern to the actual.
  watch(() => address.world, () => (points.value = new Map()))
  watch([prefix, () => address.world], () => (clearTimeout(timer), load()), { immediate: true })
  watch(() => picture.outcomes.value, refresh)
  onScopeDispose(() => (clearTimeout(timer), asking?.abort()))

  const split = computed(() =>
    byPosition({ units: picture.units.value, key: address.key, prefix: prefix.value, regions: reference.regions.value, points: points.value }),
  )
  return {
    placed: computed(() => split.value.placed),
    unplaced: computed(() => split.value.unplaced),
    /** Whose the imported ones are; null: none is shown. */
    attribution: computed(() => (split.value.placed.some(({ point }) => point.source === 'imported') ? attribution.value : null)),
    captured: computed(() => split.value.placed.some(({ point }) => point.source === 'captured')),
    failed,
  }
}
