/**
 * The open incidents, and of the one shown its counties, outcomes and alarms, and the townships where there are few
 * counties: a handful of subscriptions however long it runs.
 */
import type { World } from '@fenghuo/client/api'
import type { UnitPicture } from '@fenghuo/client/picture'
import type { Subscription } from '@fenghuo/client/session'
import { computed, onScopeDispose, shallowRef, watch, type Ref } from 'vue'
import type { LiveFeed } from '../../../live/live-feed'
import { NATION } from '../../../reference/regions'
import type { WallAddress } from './address'
import { countiesOf, FEW } from './counties'

export interface OpenIncident {
  /** Of world and id: one id may be in both. */
  readonly key: string
  readonly id: string
  readonly world: World
  readonly nation: UnitPicture
}

const COUNTIES = 3
const NOTHING: ReadonlyMap<string, UnitPicture> = new Map()

export function useWallPicture(feed: LiveFeed, address: WallAddress, shown: Ref<string | null>) {
  const lists = address.worlds.map((world) => ({
    world,
    subscription: feed.subscribe({ incidents: [address.incident ?? '*'], unit: NATION, depth: 0, status: world, kinds: ['figures'] }),
  }))
  const detail = shallowRef<Subscription | null>(null)
  const townships = shallowRef<readonly Subscription[]>([])

  /** Real ones first, the newest first among them. */
  const incidents = computed<OpenIncident[]>(() => {
    void feed.revision.value
    return lists.flatMap(({ world, subscription }) => {
      const found: OpenIncident[] = []
      for (const [id, units] of subscription.picture.incidents) {
        const nation = units.get(NATION)
        if (nation && nation.head?.closed !== true) found.push({ key: `${world}|${id}`, id, world, nation })
      }
      return found.sort((one, other) => occurred(other) - occurred(one) || one.id.localeCompare(other.id))
    })
  })
  const incident = computed(() => incidents.value.find(({ key }) => key === shown.value) ?? null)

  watch(() => incident.value?.key, () => {
    if (detail.value) feed.unsubscribe(detail.value)
    const { id, world } = incident.value ?? {}
    detail.value = id === undefined || world === undefined ? null : feed.subscribe({ incidents: [id], unit: NATION, depth: COUNTIES, status: world, kinds: ['figures', 'outcomes', 'alarms'] })
  }, { immediate: true })
  const below = computed(() => {
    void feed.revision.value
    return detail.value?.picture.incidents.get(incident.value?.id ?? '') ?? NOTHING
  })
  const few = computed(() => {
    const codes = countiesOf(below.value)
    return codes.length <= FEW ? codes.join() : ''
  })
  watch([() => incident.value?.key, few], ([, codes]) => {
    for (const subscription of townships.value) feed.unsubscribe(subscription)
    const { id, world } = incident.value ?? {}
    townships.value =
      id === undefined || world === undefined || codes === ''
        ? []
        : codes.split(',').map((unit) => feed.subscribe({ incidents: [id], unit, depth: 1, status: world, kinds: ['figures'] }))
  })
  onScopeDispose(() => {
    for (const subscription of townships.value) feed.unsubscribe(subscription)
    for (const { subscription } of lists) feed.unsubscribe(subscription)
    if (detail.value) feed.unsubscribe(detail.value)
  })

  return {
    incidents,
    incident,
    /** Whether the list has come at least once. */
    listed: computed(() => (void feed.revision.value, lists.some(({ subscription }) => subscription.picture.seq > 0))),
    units: computed<ReadonlyMap<string, UnitPicture>>(() => {
      void feed.revision.value
      const id = incident.value?.id ?? ''
      return new Map([...below.value, ...townships.value.flatMap(({ picture }) => [...(picture.incidents.get(id) ?? NOTHING)])])
    }),
    held: computed(() => {
      void feed.revision.value
      let held = 0
      for (const { standing } of detail.value?.picture.outcomes.values() ?? []) if (standing === 'held') held++
      return held
    }),
    judged: computed(() => {
      void feed.revision.value
      return detail.value?.picture.outcomes ?? new Map()
    }),
    alarms: computed(() => (void feed.revision.value, [...(detail.value?.picture.alarms.values() ?? [])])),
  }
}

export type WallPicture = ReturnType<typeof useWallPicture>

function occurred({ nation }: OpenIncident): number {
  return Date.parse(nation.head?.occurred_at ?? '') || 0
}
