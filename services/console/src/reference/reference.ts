/** Names that the web process serves from `schemas`: indicators and regions; townships by province, when asked for. */
import { shallowRef, triggerRef, type ShallowRef } from 'vue'
import { Regions, type RegionRow } from './regions'

export interface Indicator {
  readonly key: string
  readonly zh: string
  readonly en: string
  readonly unit: string
  readonly kind: 'C' | 'N' | 'M' | 'D'
  readonly decimals: number
}

export interface Reference {
  readonly indicators: ReadonlyMap<string, Indicator>
  readonly regions: ShallowRef<Regions>
  /** What a unit is called; a township's name comes a moment later, when its province's are fetched. */
  name(code: string): string
  /** Have the townships of a province (2 digits). */
  townshipsOf(province: string): Promise<void>
}

const RETRY_MS = 10_000

export async function loadReference(): Promise<Reference> {
  const [indicators, rows] = await Promise.all([
    json<Indicator[]>('/reference/indicators.json'),
    json<RegionRow[]>('/reference/regions.json'),
  ])
  const regions = shallowRef(new Regions(rows))
  const asked = new Map<string, Promise<void>>()

  async function fetchTownships(province: string): Promise<void> {
    regions.value.add(await json<RegionRow[]>(`/reference/townships/${province}.json`))
    triggerRef(regions)
  }

  function townshipsOf(province: string): Promise<void> {
    const known = asked.get(province)
    if (known) return known
    const coming = fetchTownships(province)
    asked.set(province, coming)
    // Asked again later when it failed, not with every redraw.
    coming.catch(() => setTimeout(() => asked.delete(province), RETRY_MS))
    return coming
  }

  function name(code: string): string {
    const region = regions.value.get(code)
    if (region.name === code) townshipsOf(code.slice(0, 2)).catch((error: unknown) => console.warn('townships', error))
    return region.name
  }

  return { indicators: new Map(indicators.map((each) => [each.key, each])), regions, name, townshipsOf }
}

async function json<Body>(path: string): Promise<Body> {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`)
  return (await answer.json()) as Body
}
