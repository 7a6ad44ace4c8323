/** One record in the outbox and its way: stored on the device → received → judged → in the picture. Pure. */
import type { Judgement } from '@fenghuo/client/api'
import type { Problem } from '@fenghuo/client/contract'
import { rfc3339 } from './clock'

export type World = 'Actual' | 'Exercise' | 'Test'

/** A record as it is posted. It never changes after its first delivery was tried. */
export interface OutgoingRecord {
  readonly record_id: string
  readonly type: 'loss_report' | 'zero_report' | 'correction' | 'evacuation_count'
  readonly incident_id: string
  readonly status: World
  readonly source: { readonly org: string; readonly class: string; readonly level: string }
  readonly as_of: string
  readonly sent_at: string
  /** What this device's own clock said. */
  readonly device_sent_at: string
  readonly [field: string]: unknown
}

export interface OutboxItem {
  /** Place in the outbox; given by the database. */
  order?: number
  /** record_id. */
  readonly id: string
  record: OutgoingRecord
  /** The device's clock when it was filed, milliseconds since 1970. */
  readonly filedAt: number
  /** Whether its times are final: the server's clock was known. */
  sealed: boolean
  /** Whether as_of is the moment of filing, not a time that a person typed. */
  readonly asOfFiling: boolean
  state: 'stored' | 'received' | 'refused'
  attempts: number
  receivedAt: number | null
  outcome: Judgement | null
  problem: Problem | null
  /** The record that was filed in its place after it was refused. */
  replacedBy: string | null
}

export function newItem(record: OutgoingRecord, filedAt: number, options: { sealed: boolean; asOfFiling: boolean }): OutboxItem {
  return {
    id: record.record_id,
    record,
    filedAt,
    ...options,
    state: 'stored',
    attempts: 0,
    receivedAt: null,
    outcome: null,
    problem: null,
    replacedBy: null,
  }
}

/** Correct the times of an item that was filed before the server's clock was known. `offset`: server − device, ms. */
export function sealed(item: OutboxItem, offset: number): OutboxItem {
  if (item.sealed) return item
  const filedAt = rfc3339(item.filedAt + offset)
  const record = { ...item.record, sent_at: filedAt, ...(item.asOfFiling ? { as_of: filedAt } : {}), ...measuredAt(item.record.location, offset) }
  return { ...item, record, sealed: true }
}

/** The place that a report states was measured by the same clock. */
function measuredAt(location: unknown, offset: number): { location?: unknown } {
  const captured = (location as { captured_at?: unknown } | undefined)?.captured_at
  return typeof captured === 'string' ? { location: { ...(location as object), captured_at: rfc3339(Date.parse(captured) + offset) } } : {}
}

export const STEPS = ['stored', 'received', 'judged', 'in_picture'] as const
export type Step = (typeof STEPS)[number]
/** done; now: the next to happen; stopped: will not happen by itself; skipped: it has nothing to show there. */
export type StepState = 'done' | 'now' | 'stopped' | 'skipped'
export interface Way {
  readonly steps: Readonly<Record<Step, StepState>>
  readonly tone: 'waiting' | 'good' | 'warning' | 'critical' | 'plain'
}

export function wayOf(item: OutboxItem): Way {
  if (item.state === 'refused') return way('done', 'stopped', 'stopped', 'stopped', item.replacedBy === null ? 'critical' : 'plain')
  if (item.state === 'stored') return way('done', 'now', 'now', 'now', 'waiting')
  const { outcome } = item
  if (outcome === null) return way('done', 'done', 'now', 'now', 'waiting')
  if (outcome.disposition === 'rejected' || outcome.disposition === 'refused') return way('done', 'done', 'done', 'stopped', 'critical')
  switch (outcome.standing) {
    case 'effective':
      return way('done', 'done', 'done', 'done', 'good')
    case 'held':
      return way('done', 'done', 'done', 'now', 'warning')
    case 'returned':
      return way('done', 'done', 'done', 'stopped', 'critical')
    case 'superseded':
      // It was in the picture, or would have been had it come in time; a newer record is there now.
      return way('done', 'done', 'done', 'skipped', 'plain')
    default:
      return way('done', 'done', 'done', 'skipped', outcome.disposition === 'accepted' || outcome.disposition === 'recorded' ? 'good' : 'plain')
  }
}

function way(stored: StepState, received: StepState, judged: StepState, picture: StepState, tone: Way['tone']): Way {
  return { steps: { stored, received, judged, in_picture: picture }, tone }
}
