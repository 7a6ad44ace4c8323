/** What a person is filling in, and the record it becomes. Pure. */
import { rfc3339 } from '../../../outbox/clock'
import type { OutgoingRecord, World } from '../../../outbox/items'
import type { Location } from '../place/place'

export type Qualifier = 'exact' | 'about' | 'at_least'
export const QUALIFIERS: readonly Qualifier[] = ['exact', 'about', 'at_least']

/** A value that a person states; what is not in a draft is not stated and keeps its former value. */
export interface CellDraft {
  readonly text: string
  readonly qualifier: Qualifier
  /** mu for ha, yuan for wan; null: the indicator's own. */
  readonly unit: string | null
  /** Only in a correction. */
  readonly withdrawn?: boolean
}
export interface RowDraft {
  readonly unit: string
  readonly cells: { readonly [key: string]: CellDraft }
}
/** As typed (`2026-08-20T15:00`, local); null: the moment of filing. */
export type TimeDraft = string | null

export interface LossDraft {
  stage: 'initial' | 'followup'
  occurredAt: TimeDraft
  asOf: TimeDraft
  rows: RowDraft[]
  /** State the known values that were not touched again, as of now. */
  restate: boolean
  reason: string
  note: string
  /** The record that this one is filed in place of. */
  replaces: string | null
}
export interface ZeroDraft {
  asOf: TimeDraft
  note: string
}
export interface HeadcountDraft {
  asOf: TimeDraft
  unit: string | null
  site: string
  persons: string
  note: string
}
export interface CorrectionDraft {
  /** The record that is corrected; null: not chosen yet. */
  base: string | null
  rows: RowDraft[]
  reason: string
}

/** Who, where, and the clocks at the moment of filing. */
export interface Envelope {
  readonly id: string
  readonly incident: string
  readonly world: World
  readonly source: OutgoingRecord['source']
  /** Device clock, milliseconds. */
  readonly filedAt: number
  /** Server − device. */
  readonly offset: number
  /** Where the reporting office stands; null: not stated. */
  readonly location: Location | null
}

export const emptyLoss = (): LossDraft => ({ stage: 'initial', occurredAt: null, asOf: null, rows: [], restate: false, reason: '', note: '', replaces: null })
export const emptyZero = (): ZeroDraft => ({ asOf: null, note: '' })
export const emptyHeadcount = (): HeadcountDraft => ({ asOf: null, unit: null, site: '', persons: '', note: '' })
export const emptyCorrection = (): CorrectionDraft => ({ base: null, rows: [], reason: '' })
export const cell = (text: string): CellDraft => ({ text, qualifier: 'exact', unit: null })

/** Digits as any input method types them; null: no number ≥ 0. */
export function amountOf(text: string): number | null {
  const plain = text.normalize('NFKC').replace(/[,\s]/g, '')
  return /^\d{1,15}(\.\d{1,10})?$/.test(plain) ? Number(plain) : null
}

/** How many decimals it has, trailing zeros dropped. */
export function decimalsOf(text: string): number {
  return text.normalize('NFKC').split('.')[1]?.replace(/0+$/, '').length ?? 0
}

type Value = number | { value: number; unit?: string; qualifier?: Qualifier } | null

/** Throws RangeError for a text that is no number: checks come first. */
export function valueOf(draft: CellDraft): Value {
  if (draft.withdrawn) return null
  const value = amountOf(draft.text)
  if (value === null) throw new RangeError(`${draft.text} is no number`)
  if (draft.qualifier === 'exact' && draft.unit === null) return value
  return { value, ...(draft.unit === null ? {} : { unit: draft.unit }), ...(draft.qualifier === 'exact' ? {} : { qualifier: draft.qualifier }) }
}

export function rowsOf(rows: readonly RowDraft[]): { unit: string; values: { [key: string]: Value } }[] {
  return rows
    .filter(({ cells }) => Object.keys(cells).length > 0)
    .map(({ unit, cells }) => ({ unit, values: Object.fromEntries(Object.entries(cells).map(([key, draft]) => [key, valueOf(draft)])) }))
}

/** A stored value as it stands in a form. */
export function draftOf(value: unknown): CellDraft {
  if (value === null) return { ...cell(''), withdrawn: true }
  if (typeof value === 'number') return cell(plain(value))
  const { value: amount, unit, qualifier } = value as { value: number; unit?: string | null; qualifier?: Qualifier }
  return { text: plain(amount), unit: unit ?? null, qualifier: qualifier ?? 'exact' }
}

export function plain(value: number): string {
  return value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 10 })
}

/** Milliseconds since 1970; null: no such time. */
export function momentOf(typed: string): number | null {
  const moment = Date.parse(typed)
  return Number.isNaN(moment) ? null : moment
}

export function localTime(moment: number): string {
  return rfc3339(moment).slice(0, 16)
}

export function lossRecord(draft: LossDraft, rows: readonly RowDraft[], envelope: Envelope): OutgoingRecord {
  const occurred = draft.occurredAt === null ? null : momentOf(draft.occurredAt)
  return {
    ...enveloped('loss_report', envelope, draft.asOf),
    stage: draft.stage,
    ...(draft.stage === 'initial' && occurred !== null ? { occurred_at: rfc3339(occurred) } : {}),
    rows: rowsOf(rows),
    ...located(envelope),
    ...said({ reason: draft.reason, note: draft.note }),
  }
}

/** Its row has no values: it only says for which unit nothing changed. */
export function zeroRecord(draft: ZeroDraft, unit: string, envelope: Envelope): OutgoingRecord {
  return { ...enveloped('zero_report', envelope, draft.asOf), rows: [{ unit, values: {} }], ...located(envelope), ...said({ note: draft.note }) }
}

export function headcountRecord(draft: HeadcountDraft, unit: string, envelope: Envelope): OutgoingRecord {
  return {
    ...enveloped('evacuation_count', envelope, draft.asOf),
    kind: 'headcount',
    unit,
    site: draft.site.trim(),
    persons: amountOf(draft.persons) ?? 0,
    ...said({ note: draft.note }),
  }
}

/** As of the record it corrects: it takes that one's place. */
export function correctionRecord(draft: CorrectionDraft, base: OutgoingRecord, envelope: Envelope): OutgoingRecord {
  return {
    ...enveloped('correction', { ...envelope, incident: base.incident_id, world: base.status }, null),
    as_of: base.as_of,
    supersedes: base.record_id,
    reason: draft.reason.trim(),
    rows: rowsOf(draft.rows),
  }
}

function enveloped(type: OutgoingRecord['type'], envelope: Envelope, asOf: TimeDraft): OutgoingRecord {
  const filed = rfc3339(envelope.filedAt + envelope.offset)
  const typed = asOf === null ? null : momentOf(asOf)
  return {
    record_id: envelope.id,
    type,
    incident_id: envelope.incident,
    status: envelope.world,
    source: envelope.source,
    as_of: typed === null ? filed : rfc3339(typed),
    sent_at: filed,
    device_sent_at: rfc3339(envelope.filedAt),
    channel: 'field_page',
  }
}

function located({ location }: Envelope): { location?: Location } {
  return location === null ? {} : { location }
}

function said(texts: { readonly [field: string]: string }): { [field: string]: string } {
  return Object.fromEntries(Object.entries(texts).flatMap(([field, text]) => (text.trim() === '' ? [] : [[field, text.trim()]])))
}
