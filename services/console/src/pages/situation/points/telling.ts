/** What a point says of its unit, on hover, on focus and to a screen reader: one line each. */
import { ago, number } from '../../../language/moments'
import { t as page } from '../words'
import type { PlacedUnit } from './points'
import { t } from './words'

/** The name, the value, how old and how hard it is and whose, where the position comes from. `now`: milliseconds. */
export function linesOf({ name, figure, point }: PlacedUnit, figureName: string, now: number): string[] {
  const qualifier = figure.qualifier === 'exact' ? '' : `${page(`qualifier_${figure.qualifier}`)} `
  const who = figure.own_sources?.length ? [t('by', { who: figure.own_sources.join(t('separator')) })] : []
  const position = point.source === 'imported' ? t('source_imported') : t('source_captured', { ago: point.as_of === null ? '' : ago(point.as_of, now) })
  return [
    name,
    `${figureName} ${qualifier}${number(figure.total)}`,
    [page(`status_${figure.status}`), ago(figure.newest_as_of, now), ...who].join(' · '),
    [position, ...(point.accuracy_m === null ? [] : [t('accuracy', { m: number(Math.ceil(point.accuracy_m)) })])].join(' · '),
  ]
}

/** The same for a tooltip, in which every text stays a text. */
export function htmlOf([name = '', ...others]: readonly string[]): string {
  const box = document.createElement('div')
  const head = document.createElement('b')
  head.textContent = name
  box.append(head, ...others.flatMap((line) => [document.createElement('br'), line]))
  return box.innerHTML
}
