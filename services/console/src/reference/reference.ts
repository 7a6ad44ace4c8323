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
  /** Have the townships of a province (2 digits). */
  townshipsOf(province: string): Promise<void>
}

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

  return {
    indicators: new Map(indicators.map((each) => [each.key, each])),
    regions,
    townshipsOf(province) {
      const known = asked.get(province)
      if (known) return known
      const coming = fetchTownships(province)
      asked.set(province, coming)
      // Forgotten when it failed, so that the next wish asks again.
      coming.catch(() => asked.delete(province))
      return coming
    },
  }
}

async function json<Body>(path: string): Promise<Body> {
  const answer = await fetch(path)
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`)
  return (await answer.json()) as Body
}
