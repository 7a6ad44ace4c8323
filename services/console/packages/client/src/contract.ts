// Generated from schemas/v1 by scripts/generate-contract.mjs. Do not edit.

/**
 * 预警: free fields beside the envelope; recorded.
 */
export type Alert = Alert1
/**
 * 队伍到位: a team reports in; recorded.
 */
export type CheckIn = CheckIn1
/**
 * 线索: figures shown beside the official ones, never summed (R2).
 */
export type Clue = Clue1
/**
 * 更正: restates cells of the record it supersedes; a null value withdraws (R4).
 */
export type Correction = Correction1
/**
 * 出动: sorties and people lifted, a delta keyed by its document number (R6).
 */
export type Dispatch = Dispatch1
/**
 * 安置点人数: an absolute headcount of a site, or a movement (R6, R16).
 */
export type EvacuationCount = EvacuationCount1
/**
 * 致灾参数: free fields beside the envelope; recorded.
 */
export type HazardParameter = HazardParameter1
/**
 * Ends the handling of an incident; it states no figure.
 */
export type IncidentClose = IncidentClose1
/**
 * All records of `from` count under `into` (R14); filed under `into`.
 */
export type IncidentMerge = IncidentMerge1
/**
 * Names an incident.
 */
export type IncidentOpen = IncidentOpen1
/**
 * 灾情报告: figures of units (R3).
 */
export type LossReport = LossReport1
/**
 * 指令: free fields beside the envelope; recorded.
 */
export type Order = Order1
/**
 * 签收: free fields beside the envelope; recorded.
 */
export type Receipt = Receipt1
/**
 * 应急响应: free fields beside the envelope; recorded.
 */
export type Response = Response1
/**
 * 审核: approve, return or release of a record (R18).
 */
export type Review = Review1
/**
 * 物资调拨: one document about goods (R6). Quantities in the item's own measure, at most 4 decimals.
 */
export type SupplyMovement = SupplyMovement1
/**
 * 核报: freezes counties (R15).
 */
export type Verification = Verification1
/**
 * 零报告: nothing changed is a positive statement.
 */
export type ZeroReport = ZeroReport1
/**
 * A record of any type (records.md 2, 3). Unknown extra fields are kept and ignored.
 */
export type Record =
  | LossReport
  | ZeroReport
  | Clue
  | Correction
  | Review
  | Verification
  | IncidentOpen
  | IncidentClose
  | IncidentMerge
  | Dispatch
  | CheckIn
  | EvacuationCount
  | SupplyMovement
  | Alert
  | Response
  | HazardParameter
  | Order
  | Receipt

export interface Contracts {
  Alarm?: Alarm
  Source?: Source
  Alert?: Alert
  CheckIn?: CheckIn
  Row?: Row
  Clue?: Clue
  CorrectionRow?: CorrectionRow
  Correction?: Correction
  DeadLetter?: DeadLetter
  Dispatch?: Dispatch
  EvacuationCount?: EvacuationCount
  Decision?: Decision
  ExplainedCell?: ExplainedCell
  ExplainedEntry?: ExplainedEntry
  ExplainedUnit?: ExplainedUnit
  Explanation?: Explanation
  Alarms?: Alarms
  Alternative?: Alternative
  Components?: Components
  Figure?: Figure
  FigureRange?: FigureRange
  IncidentHead?: IncidentHead
  SourceValue?: SourceValue
  UnitView?: UnitView
  DeltaFrame?: DeltaFrame
  Error?: Error
  Heartbeat?: Heartbeat
  Outcome?: Outcome
  Outcomes?: Outcomes
  Snapshot?: Snapshot
  Subscribe?: Subscribe
  Unsubscribe?: Unsubscribe
  HazardParameter?: HazardParameter
  IncidentClose?: IncidentClose
  IncidentMerge?: IncidentMerge
  IncidentOpen?: IncidentOpen
  LossReport?: LossReport
  Order?: Order
  Problem?: Problem
  Progress?: Progress
  Receipt?: Receipt
  Response?: Response
  Review?: Review
  SupplyMovement?: SupplyMovement
  Verification?: Verification
  ZeroReport?: ZeroReport
  Record?: Record
  UnitUpdate?: UnitUpdate
}
/**
 * `situation.alarms`: raised or cleared; facts for people, never a verdict on anyone (domain.md 1.6).
 *
 * | kind | subject | what stands |
 * |---|---|---|
 * | conflict | unit/indicator, or type/doc_no | a source's word differs from the figure; two papers of one number (R6) |
 * | invariant_breach | unit/check | figures of one unit contradict each other |
 * | missing_report | unit | an office that has reported owes its next report |
 * | over_capacity | unit/site | more people in a shelter than it has places |
 * | overdue | record_id | an initial report that was sent too late (R13) |
 * | shelter_below_zero | unit/site | more people left a shelter than came |
 */
export interface Alarm {
  status: 'Actual' | 'Exercise' | 'Test'
  incident_id: string
  kind:
    'conflict' | 'invariant_breach' | 'missing_report' | 'over_capacity' | 'overdue' | 'shelter_below_zero'
  subject: string
  state: 'cleared' | 'raised'
  record_ids?: string[]
  unit: string
  detail?: string
  version?: number
  [k: string]: unknown
}
/**
 * Who says it: the organisation, its class (`class` on the wire) and its level.
 */
export interface Source {
  org: string
  class: 'command_post' | 'dept' | 'grid' | 'media' | 'model' | 'official_stat' | 'public' | 'sensor'
  level: 'county' | 'nation' | 'prefecture' | 'province' | 'township' | 'village'
  [k: string]: unknown
}
export interface Alert1 {
  type: 'alert'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  [k: string]: unknown
}
export interface CheckIn1 {
  type: 'check_in'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  team: string
  persons: number
  unit?: string | null
  [k: string]: unknown
}
/**
 * What a record states of one unit: indicator key → value.
 */
export interface Row {
  /**
   * 12-digit statistical division code; 000000000000 nation
   */
  unit: string
  values: {
    /**
     * a number ≥ 0, alone or with its unit, qualifier and method
     */
    [k: string]:
      | number
      | {
          value: number
          /**
           * the indicator's own, mu or yuan (R11)
           */
          unit?: string | null
          qualifier?: 'exact' | 'about' | 'at_least'
          method?: 'count' | 'estimate' | 'model' | 'survey'
          [k: string]: unknown
        }
  }
  [k: string]: unknown
}
export interface Clue1 {
  type: 'clue'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * @maxItems 500
   */
  rows: Row[]
  [k: string]: unknown
}
/**
 * What a correction states of one unit: indicator key → value, null withdraws it.
 */
export interface CorrectionRow {
  /**
   * 12-digit statistical division code; 000000000000 nation
   */
  unit: string
  values: {
    /**
     * a number ≥ 0, alone or with its unit, qualifier and method
     */
    [k: string]:
      | number
      | {
          value: number
          /**
           * the indicator's own, mu or yuan (R11)
           */
          unit?: string | null
          qualifier?: 'exact' | 'about' | 'at_least'
          method?: 'count' | 'estimate' | 'model' | 'survey'
          [k: string]: unknown
        }
      | null
  }
  [k: string]: unknown
}
export interface Correction1 {
  type: 'correction'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  /**
   * not blank
   */
  reason: string
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  supersedes: string
  /**
   * @maxItems 500
   */
  rows: CorrectionRow[]
  [k: string]: unknown
}
/**
 * `dead.letters`: a message that cannot be decoded or judged, with its origin. `value` is base64 of its bytes.
 */
export interface DeadLetter {
  topic: string
  partition: number
  offset: number
  error: string
  record_id?: string | null
  key?: string | null
  value: string
  version?: number
  [k: string]: unknown
}
export interface Dispatch1 {
  type: 'dispatch'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  doc_no: string
  mode: 'air' | 'land' | 'water'
  resource: string
  sorties: number
  persons_lifted: number
  unit?: string | null
  [k: string]: unknown
}
export interface EvacuationCount1 {
  type: 'evacuation_count'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  kind: 'check_in' | 'check_out' | 'headcount' | 'return_home' | 'transfer'
  /**
   * 12-digit statistical division code; 000000000000 nation
   */
  unit: string
  site: string
  persons: number
  doc_no?: string | null
  to_unit?: string | null
  to_site?: string | null
  /**
   * on a headcount: how many places the site has, a whole number; anything else is kept and ignored, and no judgement depends on it
   */
  capacity?: {
    [k: string]: unknown
  }
  [k: string]: unknown
}
/**
 * What a decision code means: the rule of records.md 4 (`R1`…`R18`, `D` = derived figures) and its words.
 *
 * `counts`: whether an entry or cell so decided adds to the figure.
 */
export interface Decision {
  rule: string
  counts: boolean
  zh: string
  en: string
  [k: string]: unknown
}
/**
 * A cell of the unit with everything stated there, what counts first, then newest as_of first.
 *
 * `key` is the figure's own or, of a derived figure, that of a part. kind `stated`: one entry is in force (R3);
 * `deltas`: those that count are summed (R6); `site`: a headcount and the movements after it (R16), `site` its name.
 * `value` = what the cell says (null: nothing counts in it), `contribution` = what of it is in the unit's own value;
 * they differ only where a derived whole and its parts stand side by side. `decision` says how it enters.
 * `components_sum` = sum of the newest word of each village (R2), beside the figure. `entries_total` = how many entries
 * there are; more than are listed where the request set a limit.
 */
export interface ExplainedCell {
  key: string
  kind: 'deltas' | 'site' | 'stated'
  value: number | null
  decision: string
  entries_total: number
  entries: ExplainedEntry[]
  contribution?: number | null
  site?: string | null
  components_sum?: number | null
  components?: number
  [k: string]: unknown
}
/**
 * One record's word in a cell, and the decision that let it count or lose.
 *
 * `contribution` = what it adds to the unit's own value; absent where it does not count. `value` = what it stated, in
 * the unit that the figure is kept in; null: it withdraws. `as_of` and `stage` are those by which it ranks: of a
 * correction its root's (`root_id`), of a verification's rows stage verified. `because` = the record that decided: the
 * one in force, the one that corrected, returned, froze or already has the number; `awaits` = the record or document
 * number that is not there yet. `unit` where it is not the cell's own: the village of a component. `decision` is a key
 * of `Explanation.decisions`.
 */
export interface ExplainedEntry {
  record_id: string
  type: string
  org: string
  class: string
  level: string
  as_of: string
  received_at: string
  stage: string
  value: number | null
  qualifier: 'about' | 'at_least' | 'exact'
  decision: string
  disposition:
    | 'accepted'
    | 'duplicate_content'
    | 'duplicate_doc'
    | 'frozen'
    | 'held'
    | 'recorded'
    | 'refused'
    | 'rejected'
    | 'side_table'
    | 'stored_late'
  flags: (
    | 'awaiting_base'
    | 'conflict'
    | 'decrease'
    | 'decrease_explained'
    | 'foreign_base'
    | 'future_time'
    | 'incident_alias'
    | 'invariant_violation'
    | 'late_arrival'
    | 'no_base'
    | 'no_rows'
    | 'over_cancel'
    | 'overdue'
    | 'partly_frozen'
    | 'surge'
    | 'unit_converted'
    | 'unit_unknown'
    | 'unmapped_category'
    | 'use_cancel'
  )[]
  standing: 'effective' | 'held' | 'none' | 'returned' | 'superseded'
  contribution?: number | null
  because?: string | null
  awaits?: string | null
  root_id?: string | null
  unit?: string | null
  doc_no?: string | null
  incident_id?: string | null
  [k: string]: unknown
}
/**
 * A unit with its figure, its own cells and the units below it in which anything was stated, by code.
 *
 * total = own + the totals of all children (R5). A unit without a figure has nulls: all that was stated there lost, or
 * only units below it speak. `children` is absent where the asked depth ends; `units_below` says how many there are.
 */
export interface ExplainedUnit {
  unit: string
  total: number | null
  own: number | null
  qualifier: ('about' | 'at_least' | 'exact') | null
  status: ('reviewed' | 'unverified' | 'verified') | null
  newest_as_of: string | null
  oldest_as_of: string | null
  parts: number
  units_below: number
  cells: ExplainedCell[]
  children?: ExplainedUnit[]
  [k: string]: unknown
}
/**
 * One figure of one unit explained, as of what was known on this installation at `known_at` (null: now).
 *
 * `newest_recorded_at` = when the newest record that was known came onto the log; `watermark` = append time up to which
 * the answer has everything: equal to `known_at` once nothing can be added to it. `decisions` = the words of every
 * decision code in the tree.
 */
export interface Explanation {
  incident_id: string
  status: 'Actual' | 'Exercise' | 'Test'
  key: string
  known_at: string | null
  newest_recorded_at: string | null
  watermark: string | null
  tree: ExplainedUnit
  decisions: {
    [k: string]: Decision
  }
  [k: string]: unknown
}
/**
 * Server → client: alarms raised or cleared; after subscribing first all that are raised.
 */
export interface Alarms {
  type: 'alarms'
  id: string
  seq: number
  watermark: string | null
  alarms: Alarm[]
  [k: string]: unknown
}
/**
 * Another source's word on a unit's own figure, never summed: a clue, a village component, a held value.
 *
 * `difference` = value less the unit's total; None where there is no figure to differ from.
 */
export interface Alternative {
  kind: 'clue' | 'component' | 'held'
  unit: string
  value: number
  difference: number | null
  org: string
  class: string
  level: string
  as_of: string
  record_id: string
  qualifier?: 'about' | 'at_least' | 'exact'
  [k: string]: unknown
}
/**
 * The village components of a township's figure (R2): the sum of the newest word of each, never part of the total.
 */
export interface Components {
  total: number
  villages: number
  newest_as_of: string
  oldest_as_of: string
  [k: string]: unknown
}
/**
 * One figure of one unit (records.md 4, Marks).
 *
 * `total` = own + all own values below (R5); `own` None where the unit states none itself. `parts` = how many own
 * values the total sums. Sources, record ids, alternatives, `range` and `components` are of the unit's own cell only;
 * `range` stands where somebody else says something of it, `components` where villages do.
 */
export interface Figure {
  total: number
  own: number | null
  qualifier: 'about' | 'at_least' | 'exact'
  newest_as_of: string
  oldest_as_of: string
  status: 'reviewed' | 'unverified' | 'verified'
  parts: number
  own_sources?: string[]
  own_record_ids?: string[]
  alternatives?: Alternative[]
  range?: FigureRange
  components?: Components
  [k: string]: unknown
}
/**
 * How far the sources of a figure lie apart: the value shown, the newest word kept of each other organisation,
 * held values, clues. `sources` = how many words were compared. Of equal words the newest stands.
 */
export interface FigureRange {
  least: SourceValue
  greatest: SourceValue
  sources: number
  [k: string]: unknown
}
/**
 * An end of a range: `value` = the unit's total by this word. An official word states the unit's own share, which
 * takes the place of `own` in the total; a clue states the total itself (R2).
 *
 * The total as shown is a word, too: of the newest record of `own` where it is that alone, else of nobody (None).
 */
export interface SourceValue {
  value: number
  org: string | null
  class: string | null
  as_of: string
  record_id: string | null
  [k: string]: unknown
}
/**
 * What an incident is called; travels on its nation row. None where nothing has named it yet.
 */
export interface IncidentHead {
  name?: string | null
  hazard?: string | null
  occurred_at?: string | null
  origin_unit?: string | null
  closed?: boolean
  aliases?: string[]
  [k: string]: unknown
}
/**
 * A unit in a snapshot (all its figures) or a delta (only changed figures, each whole, and `removed` keys).
 *
 * `merged_into` (delta only) names the canonical incident of one merged away: its units are gone, and `removed` lists
 * their keys for those who do not look at it. `beside` and `head` stand where they exist (snapshot) or changed (delta;
 * an empty `beside`: none is left). A unit left without figures, `beside` and `head` is no longer shown.
 */
export interface UnitView {
  incident_id: string
  status: 'Actual' | 'Exercise' | 'Test'
  unit: string
  version: number
  figures: {
    [k: string]: Figure
  }
  removed?: string[]
  beside?: {
    [k: string]: Alternative[]
  } | null
  head?: IncidentHead | null
  merged_into?: string | null
  [k: string]: unknown
}
/**
 * Server → client: what changed since the last snapshot or delta of the subscription.
 */
export interface DeltaFrame {
  type: 'delta'
  id: string
  seq: number
  watermark: string | null
  units: UnitView[]
  [k: string]: unknown
}
/**
 * Server → client: the frame that was refused and what to do. `code` is stable.
 */
export interface Error {
  type: 'error'
  code: 'invalid_frame' | 'not_json' | 'not_text' | 'too_many_subscriptions' | 'unknown_subscription'
  detail: string
  id?: string | null
  [k: string]: unknown
}
/**
 * Server → client, every second or so: `watermark` = append time up to which all input is in the picture.
 */
export interface Heartbeat {
  type: 'heartbeat'
  watermark: string | null
  server_time: string
  [k: string]: unknown
}
/**
 * How a record was judged at its turn (`disposition`, sorted `flags`) and where it is now (`standing`).
 *
 * `incident_id` is the canonical incident.
 */
export interface Outcome {
  record_id: string
  status: 'Actual' | 'Exercise' | 'Test'
  incident_id: string
  type: string
  disposition:
    | 'accepted'
    | 'duplicate_content'
    | 'duplicate_doc'
    | 'frozen'
    | 'held'
    | 'recorded'
    | 'refused'
    | 'rejected'
    | 'side_table'
    | 'stored_late'
  flags: (
    | 'awaiting_base'
    | 'conflict'
    | 'decrease'
    | 'decrease_explained'
    | 'foreign_base'
    | 'future_time'
    | 'incident_alias'
    | 'invariant_violation'
    | 'late_arrival'
    | 'no_base'
    | 'no_rows'
    | 'over_cancel'
    | 'overdue'
    | 'partly_frozen'
    | 'surge'
    | 'unit_converted'
    | 'unit_unknown'
    | 'unmapped_category'
    | 'use_cancel'
  )[]
  standing: 'effective' | 'held' | 'none' | 'returned' | 'superseded'
  version?: number
  [k: string]: unknown
}
/**
 * Server → client: judged records, the newest judgement of each, in the order in which they last changed.
 *
 * `truncated`: there were older ones that the gateway no longer holds; the journal has them (GET /v1/journal).
 */
export interface Outcomes {
  type: 'outcomes'
  id: string
  seq: number
  watermark: string | null
  outcomes: Outcome[]
  truncated?: boolean
  [k: string]: unknown
}
/**
 * Server → client: all that the subscription covers, as of `watermark`; it replaces whatever was known.
 *
 * `seq` is 1 on the first frame of a subscription and grows by one with each of its frames, of whatever type.
 */
export interface Snapshot {
  type: 'snapshot'
  id: string
  seq: number
  watermark: string | null
  units: UnitView[]
  [k: string]: unknown
}
/**
 * Client → server. `depth`: levels below `unit`, −1 all. An `id` in use replaces that subscription.
 */
export interface Subscribe {
  type: 'subscribe'
  id: string
  /**
   * @minItems 1
   * @maxItems 1000
   *
   * Items: an incident id, or * for all
   */
  incidents?: [string, ...string[]]
  /**
   * 12-digit statistical division code; 000000000000 nation
   */
  unit?: string
  depth?: number
  status?: 'Actual' | 'Exercise' | 'Test'
  /**
   * @minItems 1
   */
  kinds?: ['alarms' | 'figures' | 'outcomes', ...('alarms' | 'figures' | 'outcomes')[]]
  [k: string]: unknown
}
/**
 * Client → server.
 */
export interface Unsubscribe {
  type: 'unsubscribe'
  id: string
  [k: string]: unknown
}
export interface HazardParameter1 {
  type: 'hazard_parameter'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  [k: string]: unknown
}
export interface IncidentClose1 {
  type: 'incident_close'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  [k: string]: unknown
}
export interface IncidentMerge1 {
  type: 'incident_merge'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  /**
   * not blank
   */
  reason: string
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  from: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  into: string
  [k: string]: unknown
}
export interface IncidentOpen1 {
  type: 'incident_open'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  /**
   * RFC 3339 with an offset
   */
  occurred_at: string
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * not blank
   */
  name: string
  /**
   * not blank
   */
  hazard: string
  /**
   * 12-digit statistical division code; 000000000000 nation
   */
  origin_unit: string
  [k: string]: unknown
}
export interface LossReport1 {
  type: 'loss_report'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * @maxItems 500
   */
  rows: Row[]
  /**
   * where the reporting office stands, WGS84: {lon, lat, unit?, accuracy_m?, captured_at?}; anything else is kept and ignored, and no figure depends on it
   */
  location?: {
    [k: string]: unknown
  }
  [k: string]: unknown
}
export interface Order1 {
  type: 'order'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  [k: string]: unknown
}
/**
 * `type` is a stable code `urn:fenghuo:problem:<code>`; `title` Chinese first; `detail` says what to do.
 *
 * `record_id`, `field`, `rule`, `value` name what is wrong with a record; `results` stands where every record of a
 * batch was refused.
 */
export interface Problem {
  type?: string
  title: string
  status: number
  detail: string
  instance?: string | null
  record_id?: string | null
  field?: string | null
  rule?: string | null
  value?: {
    [k: string]: unknown
  }
  results?: unknown[] | null
  [k: string]: unknown
}
/**
 * `situation.progress`: append time up to which this input partition of every record topic is folded.
 */
export interface Progress {
  partition: number
  folded_until: string
  version?: number
  [k: string]: unknown
}
export interface Receipt1 {
  type: 'receipt'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  [k: string]: unknown
}
export interface Response1 {
  type: 'response'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  [k: string]: unknown
}
export interface Review1 {
  type: 'review'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  target: string
  decision: 'approve' | 'release' | 'return'
  [k: string]: unknown
}
export interface SupplyMovement1 {
  type: 'supply_movement'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  doc_no: string
  kind: 'approve' | 'cancel' | 'order' | 'receive' | 'release' | 'request' | 'return'
  lines: {
    [k: string]: number
  }
  unit?: string | null
  depot?: string | null
  ref_doc_no?: string | null
  [k: string]: unknown
}
export interface Verification1 {
  type: 'verification'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * @minItems 1
   * @maxItems 500
   *
   * Items: 2, 4 or 6 digits: province, prefecture, county
   */
  counties: [string, ...string[]]
  /**
   * @maxItems 500
   */
  rows?: Row[]
  [k: string]: unknown
}
export interface ZeroReport1 {
  type: 'zero_report'
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  record_id: string
  /**
   * 1-64 of A-Z a-z 0-9 . _ -
   */
  incident_id: string
  status?: 'Actual' | 'Exercise' | 'Test'
  source: Source
  /**
   * RFC 3339 with an offset
   */
  as_of: string
  /**
   * RFC 3339 with an offset
   */
  sent_at: string
  occurred_at?: string | null
  stage?: 'followup' | 'initial' | 'verified'
  reason?: string | null
  channel?: string
  note?: {
    [k: string]: unknown
  }
  attachments?: {
    [k: string]: unknown
  }
  form_version?: {
    [k: string]: unknown
  }
  signature?: {
    [k: string]: unknown
  }
  device_sent_at?: {
    [k: string]: unknown
  }
  received_at?: string | null
  /**
   * @maxItems 500
   */
  rows?: Row[]
  /**
   * where the reporting office stands, WGS84: {lon, lat, unit?, accuracy_m?, captured_at?}; anything else is kept and ignored, and no figure depends on it
   */
  location?: {
    [k: string]: unknown
  }
  [k: string]: unknown
}
/**
 * `situation.updates`: a unit's complete figures; empty where it lost its last one, never a tombstone.
 *
 * The rows of one change follow one another on their partition and `last` marks the last: they are applied as one.
 * A merged-away incident's nation row points to its canonical one (`merged_into`) and has no figures. The nation row
 * of every known incident exists and carries its `head`.
 * `beside` = alternatives for indicators for which the unit shows no figure.
 */
export interface UnitUpdate {
  status: 'Actual' | 'Exercise' | 'Test'
  incident_id: string
  unit: string
  figures: {
    [k: string]: Figure
  }
  beside?: {
    [k: string]: Alternative[]
  }
  merged_into?: string | null
  head?: IncidentHead | null
  last?: boolean
  version?: number
  [k: string]: unknown
}
