/** The GETs of records.md 5. Every call throws ApiError for an answer that is not 2xx, TypeError when none came. */
import type { Alarm, Alternative, Explanation, Figure, Outcome, Problem, Record as FenghuoRecord } from './contract'

export type World = 'Actual' | 'Exercise' | 'Test'
export type Judgement = Pick<Outcome, 'disposition' | 'flags' | 'standing' | 'version'>

export interface Incident {
  incident_id: string
  status: World
  name: string | null
  hazard: string | null
  occurred_at: string | null
  origin_unit: string | null
  closed: boolean
  aliases: string[]
  version: number
}
export interface Situation {
  incident_id: string
  status: World
  unit: string
  /** null: folded for a past moment, never published. */
  version: number | null
  watermark: string | null
  /** Of a past moment: when the newest record known then came; null: none was known. */
  newest_recorded_at?: string | null
  figures: { [key: string]: Figure }
  beside?: { [key: string]: Alternative[] }
  children?: Situation[]
}
export interface PastFigure {
  unit: string
  key: string
  version: number
  published_at: string
  figure: Figure | null
}
export interface StoredRecord {
  record: FenghuoRecord
  outcome: Judgement | null
}
export interface JournalItem extends StoredRecord {
  topic: string
  partition: number
  offset: number
  recorded_at: string
}
export interface AlarmItem {
  published_at: string
  alarm: Alarm
}
/** Where a unit is, WGS84 degrees: imported by an operator, or attached to a report of its office. */
export interface Point {
  unit: string
  lon: number
  lat: number
  source: 'imported' | 'captured'
  record_id: string | null
  as_of: string | null
  accuracy_m: number | null
}
export interface Page<Item> {
  items: Item[]
  next: string | null
}
type Query = { [name: string]: string | number | null | undefined }

export class ApiError extends Error {
  override name = 'ApiError'
  constructor(
    readonly status: number,
    readonly problem: Problem | null,
  ) {
    super(problem?.detail ?? problem?.title ?? `HTTP ${status}`)
  }
}

export class Api {
  constructor(private readonly base = '') {}

  incidents(status: World, signal?: AbortSignal): Promise<Incident[]> {
    return this.get('/v1/incidents', { status }, signal)
  }

  situation(incident: string, query: { unit: string; status: World; depth: number; known_at?: string }, signal?: AbortSignal): Promise<Situation> {
    return this.get(`/v1/incidents/${encodeURIComponent(incident)}/situation`, query, signal)
  }

  /** Why a figure is what it is: the tree of contributions, losers included; `depth` levels of units, -1 all. */
  explain(
    incident: string,
    key: string,
    query: { unit: string; status: World; depth: number; known_at?: string | null },
    signal?: AbortSignal,
  ): Promise<Explanation> {
    return this.get(`/v1/incidents/${encodeURIComponent(incident)}/figures/${encodeURIComponent(key)}/explain`, query, signal)
  }

  /** A page of published values, oldest first (or newest first by `order`). */
  history(
    incident: string,
    query: { unit: string; status: World; key?: string; from?: string; to?: string; after?: string; limit?: number; order?: 'oldest' | 'newest' },
    signal?: AbortSignal,
  ): Promise<Page<PastFigure>> {
    return this.get(`/v1/incidents/${encodeURIComponent(incident)}/history`, query, signal)
  }

  record(recordId: string, signal?: AbortSignal): Promise<StoredRecord> {
    return this.get(`/v1/records/${encodeURIComponent(recordId)}`, {}, signal)
  }

  journal(query: { incident: string; status: World; unit?: string; type?: string; after?: string; limit?: number; order?: 'oldest' | 'newest' }, signal?: AbortSignal): Promise<Page<JournalItem>> {
    return this.get('/v1/journal', query, signal)
  }

  alarms(query: { incident: string; status: World }, signal?: AbortSignal): Promise<Page<AlarmItem>> {
    return this.get('/v1/alarms', query, signal)
  }

  /** A page of the points within a unit (its code, or 2 to 9 digits of it); `attribution`: whose the imported ones are. */
  points(query: { within: string; status: World; after?: string | null; limit?: number }, signal?: AbortSignal): Promise<Page<Point> & { attribution: string | null }> {
    return this.get('/v1/points', query, signal)
  }

  private async get<Answer>(path: string, query: Query, signal?: AbortSignal): Promise<Answer> {
    const given = Object.entries(query).filter(([, value]) => value != null) as [string, string | number][]
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
    const response = await fetch(`${this.base}${path}${search && `?${search}`}`, signal ? { signal } : {})
    if (!response.ok) throw new ApiError(response.status, await problemOf(response))
    return (await response.json()) as Answer
  }
}

async function problemOf(response: Response): Promise<Problem | null> {
  if (!response.headers.get('content-type')?.includes('json')) return null
  return (await response.json()) as Problem
}
