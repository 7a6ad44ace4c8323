/** The places of the units that this device reports for, kept on it until they are renewed or removed. */
import { computed, ref, shallowRef } from 'vue'
import { keep, kept } from '../../../design/keeping'
import { levelOf } from '../../../reference/regions'
import { sourceOf, type Reporter } from '../state/reporter'
import { ask, isPlace, locationOf, PlaceError, type Location, type Place, type PlaceFailure } from './place'

type ByUnit = { readonly [unit: string]: Place }

export function usePlaces(reporter: Reporter) {
  const places = shallowRef<ByUnit>(remembered())
  const asking = ref(false)
  const failure = ref<PlaceFailure | null>(null)

  /** Only an office's own place says where its unit is: not a grid worker's in the village, nor a command post's. */
  const offered = computed(() => reporter.unit !== null && reporter.class !== 'command_post' && sourceOf(reporter).level === levelOf(reporter.unit.code))
  const place = computed(() => (offered.value ? (places.value[reporter.unit!.code] ?? null) : null))

  function write(now: ByUnit): void {
    places.value = now
    keep('places', JSON.stringify(now))
  }

  /** Measure the place of the unit that is chosen. */
  async function measure(): Promise<void> {
    const unit = reporter.unit?.code
    if (unit === undefined || asking.value) return
    asking.value = true
    failure.value = null
    try {
      const found = await ask({ geolocation: navigator.geolocation, secure: window.isSecureContext })
      write({ ...places.value, [unit]: found })
    } catch (error) {
      if (!(error instanceof PlaceError)) throw error
      failure.value = error.why
    } finally {
      asking.value = false
    }
  }

  function remove(): void {
    const { [reporter.unit?.code ?? '']: _, ...others } = places.value
    failure.value = null
    write(others)
  }

  return {
    offered,
    place,
    asking,
    failure,
    measure,
    remove,
    /** What a record filed now states; null: nothing. */
    location: (offset: number): Location | null => (place.value === null ? null : locationOf(place.value, reporter.unit!.code, offset)),
  }
}

export type Places = ReturnType<typeof usePlaces>

function remembered(): ByUnit {
  try {
    const found = JSON.parse(kept('places') ?? '{}') as { [unit: string]: unknown }
    return Object.fromEntries(Object.entries(found).filter((entry): entry is [string, Place] => isPlace(entry[1])))
  } catch {
    return {} // written by something else
  }
}
