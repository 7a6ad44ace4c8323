/** Names of indicators and units, also without network: the catalogue, counties, and the townships of a province. */
import { shallowRef, triggerRef, type ShallowRef } from 'vue'
import { deadline } from '../../../outbox/deadline'
import type { Indicator } from '../../../reference/reference'
import { Regions, type RegionRow } from '../../../reference/regions'
import type { KeptAnswers } from './keeping'

export interface FieldReference {
  readonly indicators: ReadonlyMap<string, Indicator>
  /** Empty until they were asked for. */
  readonly regions: ShallowRef<Regions>
  /** Have the units down to the counties. Rejects when they were never fetched and cannot be now. */
  counties(): Promise<void>
  /** Have the townships of a province, too (2 digits). Rejects likewise. */
  townshipsOf(province: string): Promise<void>
}

/** Rejects on a first visit without network. */
export async function loadFieldReference(answers: KeptAnswers): Promise<FieldReference> {
  const asked = <Body>(path: string) => answers.stable(path, () => json<Body>(path))
  const indicators = await asked<Indicator[]>('/reference/indicators.json')
  const regions = shallowRef(new Regions([]))

  async function add(path: string): Promise<void> {
    const rows = await asked<RegionRow[]>(path)
    regions.value.add(rows)
    triggerRef(regions)
  }
  return {
    indicators: new Map(indicators.map((each) => [each.key, each])),
    regions,
    counties: () => add('/reference/regions.json'),
    townshipsOf: (province) => add(`/reference/townships/${province}.json`),
  }
}

async function json<Body>(path: string): Promise<Body> {
  const answer = await fetch(path, { signal: deadline(20_000) })
  if (!answer.ok) throw new Error(`${path}: HTTP ${answer.status}`)
  return (await answer.json()) as Body
}
