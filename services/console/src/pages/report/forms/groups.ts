/** The form's sections: what the field reports most comes first. Pure. */
import type { Indicator } from '../../../reference/reference'

/** A section takes what none before it took. */
const SECTIONS = [
  ['people', /^(dead|missing|injured|injured_severe|stranded_now|out_of_contact_now|rescued_cum|pop_affected)$/],
  ['relocation', /^(reloc_|evac_|sites_|need_|tourist_|visitors_)/],
  ['housing', /^(rooms_|hh_(collapsed|severe|minor)$)/],
  ['lifelines', /(_out_now|^roads_|_restored_cum)$|^roads_/],
  ['forces', /_engaged_/],
  ['agriculture', /^(crop_|grass_|forest_|livestock_|aquaculture_)/],
  ['infrastructure', /(_km|_damaged|_sets|^firms_|^shops_|towns_flooded)$/],
  ['loss', /^loss_/],
  ['drought', /^drought_/],
  ['other', /./],
] as const

export type SectionName = (typeof SECTIONS)[number][0]
export interface Section {
  readonly name: SectionName
  readonly indicators: readonly Indicator[]
}

/** Casualties before the number of the affected: that is how they are told. */
const FIRST = ['dead', 'missing', 'injured', 'injured_severe', 'stranded_now', 'out_of_contact_now', 'rescued_cum', 'pop_affected']

export function sectionsOf(indicators: Iterable<Indicator>): Section[] {
  const left = [...indicators]
  return SECTIONS.map(([name, pattern]) => {
    const taken = left.filter(({ key }) => pattern.test(key))
    for (const each of taken) left.splice(left.indexOf(each), 1)
    if (name === 'people') taken.sort((one, other) => FIRST.indexOf(one.key) - FIRST.indexOf(other.key))
    return { name, indicators: taken }
  }).filter(({ indicators: taken }) => taken.length > 0)
}

/** Other units that a value may be stated in (records.md R11). */
export function otherUnit(indicator: Indicator): string | null {
  return { ha: 'mu', wan: 'yuan' }[indicator.unit] ?? null
}
