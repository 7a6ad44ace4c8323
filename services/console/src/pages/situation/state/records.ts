/** What a record says, in words. */
import type { Judgement } from '@fenghuo/client/api'
import type { Record as FenghuoRecord } from '@fenghuo/client/contract'
import { language } from '../../../language/language'
import { number } from '../../../language/moments'
import type { Reference } from '../../../reference/reference'
import { figureName, itemName } from './figures'
import { t } from '../words'

export interface StatedValue {
  readonly unit: string
  readonly key: string
  readonly text: string
}

/** A word of a family (`type_`, `flag_` …), or the term itself where a newer server sends one without words. */
export function word(family: string, term: string): string {
  const key = `${family}_${term}`
  return t.has(key) ? t(key) : term
}

export function textOf(record: FenghuoRecord, field: string): string | null {
  const value = (record as unknown as { [field: string]: unknown })[field]
  return typeof value === 'string' && value !== '' ? value : null
}

/** Every value that its rows state. */
export function statedValues(record: FenghuoRecord): StatedValue[] {
  const rows = 'rows' in record && Array.isArray(record.rows) ? record.rows : []
  return rows.flatMap(({ unit, values }) => Object.entries(values as { [key: string]: unknown }).map(([key, value]) => ({ unit, key, text: stated(value) })))
}

function stated(value: unknown): string {
  if (value === null) return t('withdrawn')
  if (typeof value === 'number') return number(value)
  const { value: amount, unit, qualifier } = value as { value: number; unit?: string | null; qualifier?: string }
  const before = qualifier === 'about' || qualifier === 'at_least' ? `${t(`qualifier_${qualifier}`)} ` : ''
  return `${before}${number(amount)}${unit ? ` ${unit}` : ''}`
}

/** One line: what it states, briefly. */
export function summary(record: FenghuoRecord, { name, indicators }: Pick<Reference, 'name' | 'indicators'>): string {
  const values = statedValues(record)
  if (values.length > 0) return values.map(({ unit, key, text }) => `${name(unit)} ${figureName(key, indicators)} ${text}`).join(language.value === 'zh' ? '，' : ', ')
  switch (record.type) {
    case 'dispatch':
      return `${word('resource', record.resource)} · ${figureName('sorties', indicators)} ${record.sorties} · ${figureName('persons_lifted', indicators)} ${record.persons_lifted}`
    case 'supply_movement':
      return Object.entries(record.lines).map(([item, amount]) => `${itemName(item)} ${number(amount as number)}`).join('、')
    case 'evacuation_count':
      return `${name(record.unit)} ${record.site} ${number(record.persons)}`
    case 'incident_open':
      return record.name
    default:
      return textOf(record, 'note') ?? ''
  }
}

/** Why it was judged as it was: what its flags mean. */
export function reasons(outcome: Judgement | null): string[] {
  return (outcome?.flags ?? []).map((flag) => word('flag', flag))
}

/** Severity of a judgement, for its colour: what waits, what was turned away, what counts. */
export function severity(outcome: Judgement | null): 'critical' | 'warning' | 'good' | 'plain' {
  if (outcome === null) return 'plain'
  if (outcome.standing === 'held' || outcome.disposition === 'held') return 'warning'
  if (outcome.disposition === 'rejected' || outcome.disposition === 'refused') return 'critical'
  return outcome.standing === 'effective' ? 'good' : 'plain'
}
