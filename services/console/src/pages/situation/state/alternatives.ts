/** What others say of a figure: clues, village components, held values; never summed (records.md 4, R2). */
import type { Alternative, Figure } from '@fenghuo/client/contract'
import { number } from '../../../language/moments'
import { t } from '../words'

/** Those that differ from the figure first, the newest first among them. */
export function alternativesOf(figure: Figure | undefined, beside: readonly Alternative[]): Alternative[] {
  const differs = (each: Alternative) => (each.difference === 0 ? 0 : 1)
  return [...(figure?.alternatives ?? []), ...beside].sort(
    (one, other) => differs(other) - differs(one) || Date.parse(other.as_of) - Date.parse(one.as_of),
  )
}

/** "媒体称 35". */
export function says(alternative: Alternative): string {
  const qualifier = alternative.qualifier && alternative.qualifier !== 'exact' ? `${t(`qualifier_${alternative.qualifier}`)} ` : ''
  return t('says', { who: sourceClass(alternative.class), value: `${qualifier}${number(alternative.value)}` })
}

export function sourceClass(name: string): string {
  const key = `class_${name}`
  return t.has(key) ? t(key) : name
}
