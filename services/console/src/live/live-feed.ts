/** The feed as Vue sees it: pictures change as frames come, the page hears of it at most every 250 ms. */
import { FeedConnection } from '@fenghuo/client'
import { ageOf, freshnessState } from '@fenghuo/client/freshness'
import type { Subscription, SubscriptionRequest } from '@fenghuo/client/session'
import { computed, onScopeDispose, ref, shallowRef } from 'vue'

/** The page is redrawn at most this often; drawing on every message fell 25 s behind at 300 messages/s. */
export const REDRAW_MS = 250
const SECOND = 1000

export function useLiveFeed(url: string) {
  const connection = new FeedConnection(url)
  /** Grows whenever a picture changed; what is computed from a picture reads it. */
  const revision = ref(0)
  const freshness = shallowRef(connection.freshness())
  let redraw: ReturnType<typeof setTimeout> | undefined

  const stop = connection.listen(() => {
    redraw ??= setTimeout(() => {
      redraw = undefined
      freshness.value = connection.freshness()
      revision.value++
    }, REDRAW_MS)
  })
  const ticking = setInterval(() => (freshness.value = connection.freshness()), SECOND)

  onScopeDispose(() => {
    stop()
    clearInterval(ticking)
    clearTimeout(redraw)
    connection.close()
  })

  return {
    revision,
    freshness,
    state: computed(() => freshnessState(freshness.value)),
    /** Milliseconds since the picture was complete; null: unknown. */
    age: computed(() => ageOf(freshness.value)),
    /** Now by the server's clock, in whole seconds: what shows ages is drawn anew once a second. */
    now: computed(() => Math.floor((freshness.value.now + (freshness.value.clockOffset ?? 0)) / SECOND) * SECOND),
    subscribe: (request: SubscriptionRequest): Subscription => connection.subscribe(request),
    unsubscribe: (subscription: Subscription): void => connection.unsubscribe(subscription),
  }
}

export type LiveFeed = ReturnType<typeof useLiveFeed>
