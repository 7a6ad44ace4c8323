/** The chosen incident's picture: down to the counties always, the townships of counties that are looked at. */
import type { UnitPicture } from '@fenghuo/client/picture'
import type { Subscription } from '@fenghuo/client/session'
import { computed, shallowReactive, shallowRef, watch, type ComputedRef } from 'vue'
import type { LiveFeed } from '../../../live/live-feed'
import { NATION, levelOf, prefixesOf } from '../../../reference/regions'
import type { Address } from './address'

const COUNTIES = 3
const ALL_LEVELS = -1

export interface IncidentRow {
  readonly incident: string
  readonly nation: UnitPicture
}

export function usePicture(feed: LiveFeed, address: Address) {
  const everything = shallowRef<Subscription | null>(null)
  const chosen = shallowRef<Subscription | null>(null)
  /** The one before it of the same incident: it stands until the new one has told something. */
  const before = shallowRef<Subscription | null>(null)
  const counties = shallowReactive(new Map<string, Subscription>())
  /** Whether all 41,352 townships are asked for, not only those of opened counties. */
  const allTownships = shallowRef(false)

  watch(
    () => address.world,
    (status) => {
      if (everything.value) feed.unsubscribe(everything.value)
      everything.value = feed.subscribe({ incidents: ['*'], unit: NATION, depth: 0, status, kinds: ['figures'] })
    },
    { immediate: true },
  )
  watch(
    [() => address.world, () => address.incident, allTownships],
    ([status, incident, all], [statusBefore, incidentBefore]) => {
      before.value = status === statusBefore && incident === incidentBefore ? chosen.value : null
      for (const code of [...counties.keys()]) leaveCounty(code)
      if (chosen.value) feed.unsubscribe(chosen.value)
      chosen.value =
        incident === null
          ? null
          : feed.subscribe({
              incidents: [incident],
              unit: NATION,
              depth: all ? ALL_LEVELS : COUNTIES,
              status,
              kinds: ['figures', 'outcomes', 'alarms'],
            })
      openSelected()
    },
    { immediate: true },
  )
  watch(() => address.unit, openSelected)

  function openSelected(): void {
    for (const code of [address.unit, ...prefixesOf(address.unit)]) if (levelOf(code) === 'county') openCounty(code)
  }

  /** Have the townships of a county. */
  function openCounty(code: string): void {
    if (address.incident === null || allTownships.value || counties.has(code)) return
    const request = { incidents: [address.incident], unit: code, depth: 1, status: address.world, kinds: ['figures' as const] }
    counties.set(code, feed.subscribe(request))
    // Many opened counties cost less as one subscription; the gateway allows 64 of them.
    if (counties.size > 24) allTownships.value = true
  }

  function leaveCounty(code: string): void {
    const subscription = counties.get(code)
    if (subscription && levelOf(code) === 'county') feed.unsubscribe(subscription)
    counties.delete(code)
  }

  const told = computed(() => {
    void feed.revision.value
    return chosen.value?.picture.seq || before.value === null ? chosen.value : before.value
  })

  /** The incident as the socket calls it: a merged one by its canonical. */
  const canonical = computed(() => {
    void feed.revision.value
    const incident = address.incident
    if (incident === null) return null
    const picture = told.value?.picture
    return picture?.merged.get(incident) ?? [...(picture?.incidents.keys() ?? [])][0] ?? incident
  })

  /** All units that show something, by code. */
  const units: ComputedRef<ReadonlyMap<string, UnitPicture>> = computed(() => {
    void feed.revision.value
    const found = new Map<string, UnitPicture>()
    if (canonical.value === null) return found
    for (const subscription of [told.value, ...counties.values()])
      for (const [code, unit] of subscription?.picture.incidents.get(canonical.value) ?? [])
        if (unit.version >= (found.get(code)?.version ?? 0)) found.set(code, unit)
    return found
  })

  const incidents: ComputedRef<readonly IncidentRow[]> = computed(() => {
    void feed.revision.value
    const rows: IncidentRow[] = []
    for (const [incident, shown] of everything.value?.picture.incidents ?? []) {
      const nation = shown.get(NATION)
      if (nation) rows.push({ incident, nation })
    }
    return rows.sort((one, other) => occurred(other).localeCompare(occurred(one)))
  })

  const source = computed(() => (void feed.revision.value, told.value?.picture))
  const outcomesRevision = computed(() => (void feed.revision.value, source.value?.outcomesRevision))
  const alarmsRevision = computed(() => (void feed.revision.value, source.value?.alarmsRevision))

  return {
    units,
    incidents,
    canonical,
    allTownships,
    openCounty,
    /** Whether the list of incidents has come at least once. */
    listed: computed(() => (void feed.revision.value, (everything.value?.picture.seq ?? 0) > 0)),
    /** Whether the chosen incident's picture has come at least once. */
    shown: computed(() => (void feed.revision.value, (told.value?.picture.seq ?? 0) > 0)),
    refused: computed(() => (void feed.revision.value, chosen.value?.error ?? everything.value?.error ?? null)),
    /** New arrays only when there was news of their kind. */
    outcomes: computed(() => (void outcomesRevision.value, [...(source.value?.outcomes.values() ?? [])])),
    alarms: computed(() => (void alarmsRevision.value, [...(source.value?.alarms.values() ?? [])])),
  }
}

export type Picture = ReturnType<typeof usePicture>

function occurred(row: IncidentRow): string {
  return row.nation.head?.occurred_at ?? ''
}
