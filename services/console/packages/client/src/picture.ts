/**
 * What one subscription has told: snapshot + deltas, applied in order. Pure; the twin of fenghuo/client/feed_picture.py.
 *
 * Units are never changed in place: a changed unit is a new object, so that a view can compare by identity.
 */
import type { Alarm, Alarms, Alternative, DeltaFrame, Figure, IncidentHead, Outcome, Outcomes, Snapshot, UnitView } from './contract'

export type FeedData = Snapshot | DeltaFrame | Outcomes | Alarms
export type Figures = Readonly<{ [key: string]: Figure }>
export type Beside = Readonly<{ [key: string]: readonly Alternative[] }>

export interface UnitPicture {
  readonly version: number
  readonly figures: Figures
  readonly beside: Beside
  readonly head: IncidentHead | null
}

/** A frame of the subscription is missing; subscribe again for a fresh snapshot. */
export class SequenceGapError extends Error {
  override name = 'SequenceGapError'
}

const EMPTY: UnitPicture = { version: 0, figures: {}, beside: {}, head: null }

export class FeedPicture {
  /** incident id → unit code → what the unit shows. */
  readonly incidents = new Map<string, Map<string, UnitPicture>>()
  /** Newest judgement of each record, in the order of the last change. */
  readonly outcomes = new Map<string, Outcome>()
  /** Raised alarms only. */
  readonly alarms = new Map<string, Alarm>()
  /** Merged-away incident → its canonical one. */
  readonly merged = new Map<string, string>()
  watermark: string | null = null
  /** The gateway no longer held older outcomes; the journal has them. */
  outcomesTruncated = false
  seq = 0
  /** Grow with every frame of outcomes, of alarms. */
  outcomesRevision = 0
  alarmsRevision = 0

  constructor(private readonly keepOutcomes = 1000) {}

  /** Apply the next frame of the subscription. Throws SequenceGapError when one before it is missing. */
  apply(frame: FeedData): void {
    if (frame.seq !== this.seq + 1) {
      throw new SequenceGapError(`frame ${frame.seq} after frame ${this.seq} of subscription ${frame.id}`)
    }
    this.seq = frame.seq
    this.watermark = frame.watermark ?? this.watermark
    switch (frame.type) {
      case 'snapshot':
        this.incidents.clear()
        for (const view of frame.units) this.applyUnit(view)
        break
      case 'delta':
        for (const view of frame.units) this.applyUnit(view)
        break
      case 'outcomes':
        this.applyOutcomes(frame)
        break
      case 'alarms':
        this.applyAlarms(frame.alarms)
        break
    }
  }

  unit(incident: string, code: string): UnitPicture | undefined {
    return this.incidents.get(incident)?.get(code)
  }

  private applyUnit(view: UnitView): void {
    if (view.merged_into != null) {
      this.merged.set(view.incident_id, view.merged_into)
      this.incidents.delete(view.incident_id)
      return
    }
    this.merged.delete(view.incident_id)
    const units = this.incidents.get(view.incident_id) ?? new Map<string, UnitPicture>()
    const next = changed(units.get(view.unit) ?? EMPTY, view)
    if (isEmpty(next)) units.delete(view.unit)
    else units.set(view.unit, next)
    if (units.size > 0) this.incidents.set(view.incident_id, units)
    else this.incidents.delete(view.incident_id)
  }

  private applyOutcomes(frame: Outcomes): void {
    this.outcomesRevision++
    this.outcomesTruncated ||= frame.truncated ?? false
    for (const outcome of frame.outcomes) {
      this.outcomes.delete(outcome.record_id)
      this.outcomes.set(outcome.record_id, outcome)
    }
    for (const oldest of this.outcomes.keys()) {
      if (this.outcomes.size <= this.keepOutcomes) break
      this.outcomes.delete(oldest)
      this.outcomesTruncated = true
    }
  }

  private applyAlarms(alarms: readonly Alarm[]): void {
    this.alarmsRevision++
    for (const alarm of alarms) {
      this.alarms.delete(alarmKey(alarm))
      if (alarm.state === 'raised') this.alarms.set(alarmKey(alarm), alarm)
    }
  }
}

/** What identifies an alarm (records.md 3). */
export function alarmKey(alarm: Alarm): string {
  return `${alarm.status}|${alarm.incident_id}|${alarm.kind}|${alarm.subject}`
}

function changed(unit: UnitPicture, view: UnitView): UnitPicture {
  const figures = { ...unit.figures, ...view.figures }
  for (const key of view.removed ?? []) delete figures[key]
  return { version: view.version, figures, beside: view.beside ?? unit.beside, head: view.head ?? unit.head }
}

function isEmpty(unit: UnitPicture): boolean {
  return unit.head === null && Object.keys(unit.figures).length === 0 && Object.keys(unit.beside).length === 0
}
