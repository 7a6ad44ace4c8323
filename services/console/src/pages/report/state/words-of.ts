/** What became of a record, and what it states, in words. */
import { language } from '../../../language/language'
import { number } from '../../../language/moments'
import type { OutboxItem, OutgoingRecord } from '../../../outbox/items'
import type { Indicator } from '../../../reference/reference'
import { t } from '../words'
import { figureName } from './names'

/** One line: which step it is at, and why it goes no further. */
export function sayWay(item: OutboxItem, isSending: boolean, isCorrected: boolean): string {
  const { outcome, state } = item
  if (item.replacedBy !== null) return t('way_replaced')
  if (state === 'refused') return t('way_refused')
  if (state === 'stored') return t(isSending ? 'way_sending' : 'way_waiting_network')
  if (outcome === null) return t('way_judging')
  if (outcome.disposition === 'rejected' || outcome.disposition === 'refused') return t('way_rejected')
  if (outcome.disposition === 'frozen') return t('way_frozen')
  if (outcome.disposition === 'duplicate_content' || outcome.disposition === 'duplicate_doc') return t('way_duplicate')
  if (isCorrected && outcome.standing === 'none') return t('way_corrected')
  switch (outcome.standing) {
    case 'effective':
      return t(isCorrected ? 'way_corrected' : 'way_in_picture')
    case 'held':
      return t('way_held')
    case 'returned':
      return t('way_returned')
    case 'superseded':
      return t(outcome.disposition === 'stored_late' ? 'way_history' : 'way_superseded')
    default:
      if (outcome.disposition === 'held') return t('way_not_counted')
      return t(outcome.disposition === 'side_table' ? 'way_beside' : outcome.disposition === 'stored_late' ? 'way_history' : 'way_noted')
  }
}

/** Flags that say why a record waits; once it does not wait any more they say nothing. */
const WAITS = new Set(['awaiting_base', 'conflict', 'decrease', 'future_time', 'over_cancel', 'surge'])

/** Flags worth telling now. */
export function flagsOf({ outcome, replacedBy }: OutboxItem): readonly string[] {
  if (outcome === null || replacedBy !== null) return []
  return outcome.flags.filter((flag) => outcome.standing === 'held' || !WAITS.has(flag) || outcome.disposition === 'rejected')
}

/** Each value that it states, briefly. */
export function sayValues(record: OutgoingRecord, indicators: ReadonlyMap<string, Indicator>, nameOf: (unit: string) => string): string[] {
  if (record.type === 'evacuation_count') return [`${record.site as string} ${number(record.persons as number)} ${t('person')}`]
  const rows = Array.isArray(record.rows) ? (record.rows as { unit: string; values: { [key: string]: unknown } }[]) : []
  return rows.flatMap(({ unit, values }) =>
    Object.entries(values).map(([key, value]) => `${rows.length > 1 ? `${nameOf(unit)} ` : ''}${figureName(key, indicators)} ${said(value)}`),
  )
}

function said(value: unknown): string {
  if (value === null) return t('withdrawn')
  if (typeof value === 'number') return number(value)
  const { value: amount, unit, qualifier } = value as { value: number; unit?: string; qualifier?: string }
  const before = qualifier === 'about' || qualifier === 'at_least' ? `${t(`qualifier_${qualifier}`)} ` : ''
  const measure = unit === 'mu' || unit === 'yuan' ? ` ${t(`unit_${unit}`)}` : ''
  return `${before}${number(amount)}${measure}`
}

/** Problems are written in both languages, Chinese first: the part that is read here. */
export function sayProblem(detail: string): string {
  const split = /^(.*[。！？])\s*([^\u4e00-\u9fff]+.*)$/su.exec(detail)
  if (!split) return detail
  return language.value === 'zh' ? split[1]! : split[2]!
}
