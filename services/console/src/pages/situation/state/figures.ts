/** Which figures there are and what they are called. */
import type { Figure } from '@fenghuo/client/contract'
import { language } from '../../../language/language'
import { named } from '../../../language/moments'
import type { Indicator } from '../../../reference/reference'
import { t } from '../words'

/** First on the page, in this order, shown even when nothing was reported. */
export const CORE = ['dead', 'missing', 'injured', 'reloc_resident_cum', 'tourist_evac_cum', 'stranded_now'] as const
/** Shown where they exist, after the core. */
export const FURTHER = [
  'reloc_cum', 'reloc_now', 'out_of_contact_now', 'rescued_cum', 'sorties', 'persons_lifted', 'shelter_now', 'shelter_in_cum',
] as const
const RELOCATED = ['reloc_cum', 'reloc_resident_cum'] as const
export const SUPPLY = /^supply_(released|received|returned)\.(.+)$/

type Shown = { readonly [key: string]: Figure }

/** Keys of the cards for what a unit and the incident show. */
export function cardKeys(figures: Shown): string[] {
  // Of the two ways to count the relocated the one that was reported; the form's when neither was.
  const relocated = RELOCATED.filter((key) => key in figures)
  const core = CORE.flatMap((key) => (key !== 'reloc_resident_cum' ? [key] : relocated.length > 0 ? relocated : ['reloc_cum']))
  return [...core, ...FURTHER.filter((key) => key in figures && !core.includes(key))]
}

/** Every other figure, in the catalogue's order, goods apart. */
export function otherKeys(figures: Shown, cards: readonly string[], indicators: ReadonlyMap<string, Indicator>): string[] {
  const order = [...indicators.keys()]
  const rank = (key: string) => (indicators.has(key) ? order.indexOf(key) : order.length)
  return Object.keys(figures)
    .filter((key) => !cards.includes(key) && !SUPPLY.test(key))
    .sort((one, other) => rank(one) - rank(other) || one.localeCompare(other))
}

export function supplyKeys(figures: Shown): string[] {
  return Object.keys(figures).filter((key) => SUPPLY.test(key)).sort()
}

export function figureName(key: string, indicators: ReadonlyMap<string, Indicator>): string {
  const short = `figure_${key}`
  if (t.has(short)) return t(short)
  const indicator = indicators.get(key)
  if (indicator) return language.value === 'zh' ? indicator.zh : sentence(named(indicator))
  const goods = SUPPLY.exec(key)
  if (goods) return t(`supply_${goods[1] as 'released' | 'received' | 'returned'}`, { item: itemName(goods[2]!) })
  return key.startsWith('unmapped.') ? t('unmapped', { key: key.slice('unmapped.'.length) }) : key
}

export function itemName(item: string): string {
  const key = `item_${item}`
  return t.has(key) ? t(key) : item
}

export function unitName(key: string, indicators: ReadonlyMap<string, Indicator>): string {
  const unit = key === 'sorties' ? 'sortie' : (indicators.get(key)?.unit ?? (SUPPLY.test(key) ? 'none' : key.startsWith('unmapped.') ? 'none' : 'person'))
  const word = `unit_${unit}`
  return t.has(word) ? t(word) : ''
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
