/** Names of indicators and units, also without network: the catalogue, counties, and the townships of a province. */
import { shallowRef, triggerRef, type ShallowRef } from 'vue'
import type { Indicator } from '../../../reference/reference'
import { Regions, type RegionRow } from '../../../reference/regions'
import type { KeptAnswers } from './keeping'

export interface FieldReference {
  readonly indicators: ReadonlyMap<string, Indicator>
  readonly regions: ShallowRef<Regions>
  /** Rejects when they were never fetched and cannot be now. */
  townshipsOf(province: string): Promise<void>
}

/** Rejects on a first visit without network. */
export async function loadFieldReference(answers: KeptAnswers): Promise<FieldReference> {
  const asked = <Body>(path: string) => answers.stable(path, () => json<Body>(path))
  const [indicators, rows] = await Promise.all([asked<Indicator[]>('/reference/indicators.json'), asked<RegionRow[]>('/reference/regions.json')])
  const regions = shallowRef(new Regions(rows))
  return {
    indicators: new Map(indicators.map((each) => [each.key, each])),
    regions,
    async townshipsOf(province) {
      regions.value.add(await asked<RegionRow[]>(`/reference/townships/${province}.json`))
      triggerRef(regions)
    },
  }
}

async function json<Body>(path: string): Promise<Body> {
  const answer = await fetch(path, { signal: AbortSignal.timeout(20_000) })
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`)
  return (await answer.json()) as Body
}
