/**
 * What is looked at before a record leaves the form. An error is a shape that the server would refuse (records.md 2);
 * a warning foretells its judgement (records.md 4): the person may know better and sends it all the same. Pure.
 */
import type { Indicator } from '../../../reference/reference'
import { prefixOf } from '../../../reference/regions'
import { amountOf, decimalsOf, momentOf, type CellDraft, type RowDraft, type TimeDraft } from './drafts'

export type FindingCode =
  | 'no_rows' | 'not_a_number' | 'too_many_decimals' | 'no_occurred_at' | 'bad_time' | 'no_reason' | 'no_site' | 'no_persons'
  | 'part_above_whole' | 'sum_differs' | 'decrease' | 'surge' | 'older' | 'future' | 'late'

export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly code: FindingCode
  readonly unit?: string
  /** Indicators that it is about. */
  readonly keys?: readonly string[]
  readonly values?: { readonly [name: string]: string | number }
}

/** A unit's own figure as far as this device knows it. */
export interface KnownValue {
  readonly value: number
  readonly as_of: string
  /** From this device's outbox; the server has not judged it yet. */
  readonly pending: boolean
}
/** unit → indicator → known value. */
export type Known = ReadonlyMap<string, ReadonlyMap<string, KnownValue>>
type Catalogue = ReadonlyMap<string, Indicator>

const PER: { readonly [unit: string]: number } = { mu: 15, yuan: 10_000 }
const FUTURE_MS = 10 * 60_000
const OVERDUE_MS = 2 * 3600_000
const SURGING = new Set(['dead', 'missing', 'injured'])

/** In the indicator's own unit; null: not stated, or no number. */
export function amountIn(draft: CellDraft | undefined): number | null {
  if (draft === undefined || draft.withdrawn) return null
  const amount = amountOf(draft.text)
  return amount === null ? null : amount / (draft.unit === null ? 1 : (PER[draft.unit] ?? 1))
}

export function checkShape(rows: readonly RowDraft[], catalogue: Catalogue): Finding[] {
  const found: Finding[] = []
  for (const { unit, cells } of rows)
    for (const [key, draft] of Object.entries(cells)) {
      if (draft.withdrawn) continue
      const decimals = catalogue.get(key)?.decimals ?? 4
      if (amountOf(draft.text) === null) found.push({ severity: 'error', code: 'not_a_number', unit, keys: [key] })
      else if (decimalsOf(draft.text) > decimals) found.push({ severity: 'error', code: 'too_many_decimals', unit, keys: [key], values: { n: decimals } })
    }
  if (rows.every(({ cells }) => Object.keys(cells).length === 0)) found.push({ severity: 'error', code: 'no_rows' })
  return found
}

/** R10: within one row, the pairs and sums that a record is rejected for. */
export function checkTable(rows: readonly RowDraft[], catalogue: Catalogue): Finding[] {
  return rows.flatMap(({ unit, cells }) => {
    const amount = (key: string) => amountIn(cells[key])
    const pairs = wholes(catalogue).flatMap(([whole, part]): Finding[] => {
      const [most, some] = [amount(whole), amount(part)]
      return most !== null && some !== null && some > most ? [{ severity: 'warning', code: 'part_above_whole', unit, keys: [part, whole] }] : []
    })
    const sums = SUMS.flatMap(({ whole, parts, tolerance }): Finding[] => {
      const [total, amounts] = [amount(whole), parts.map(amount)]
      if (total === null || amounts.some((each) => each === null)) return []
      const sum = (amounts as number[]).reduce((a, b) => a + b, 0)
      return Math.abs(total - sum) > tolerance + 1e-6 ? [{ severity: 'warning', code: 'sum_differs', unit, keys: [whole], values: { sum: Number(sum.toFixed(4)) } }] : []
    })
    return [...pairs, ...sums]
  })
}

/** R7, R9: what waits for a reason when none is given. */
export function checkChanges(rows: readonly RowDraft[], catalogue: Catalogue, known: Known): Finding[] {
  return rows.flatMap(({ unit, cells }) =>
    Object.entries(cells).flatMap(([key, draft]): Finding[] => {
      const [now, before] = [amountIn(draft), known.get(unit)?.get(key)?.value]
      if (now === null || before === undefined) return []
      const values = { now, before }
      const kind = catalogue.get(key)?.kind
      if (now < before && (kind === 'C' || kind === 'M') && !isAllocated(rows, unit, key, before - now, known))
        return [{ severity: 'warning', code: 'decrease', unit, keys: [key], values }]
      return SURGING.has(key) && now > 5 * before && now >= before + 50 ? [{ severity: 'warning', code: 'surge', unit, keys: [key], values }] : []
    }),
  )
}

// A county's fall that its townships' rises in the same record balance is an allocation (R7).
function isAllocated(rows: readonly RowDraft[], unit: string, key: string, fall: number, known: Known): boolean {
  if (!unit.endsWith('000000')) return false
  const prefix = prefixOf(unit)
  const rises = rows
    .filter((row) => row.unit !== unit && row.unit.startsWith(prefix))
    .map((row) => (amountIn(row.cells[key]) ?? 0) - (known.get(row.unit)?.get(key)?.value ?? 0))
  return rises.filter((rise) => rise > 0).reduce((a, b) => a + b, 0) >= fall
}

/** `now`: by the server's clock. */
export function checkAsOf(asOf: TimeDraft, rows: readonly RowDraft[], known: Known, now: number): Finding[] {
  if (asOf === null) return []
  const moment = momentOf(asOf)
  if (moment === null) return [{ severity: 'error', code: 'bad_time' }]
  if (moment > now + FUTURE_MS) return [{ severity: 'warning', code: 'future' }]
  const older = rows.flatMap(({ unit, cells }) => Object.keys(cells).filter((key) => Date.parse(known.get(unit)?.get(key)?.as_of ?? '') > moment + 60_000))
  return older.length > 0 ? [{ severity: 'warning', code: 'older', keys: [...new Set(older)] }] : []
}

/** Stage initial says when the disaster occurred; two hours later it is late (R13). */
export function checkInitial(stage: string, occurredAt: TimeDraft, now: number): Finding[] {
  if (stage !== 'initial') return []
  const moment = occurredAt === null ? null : momentOf(occurredAt)
  if (moment === null) return [{ severity: 'error', code: 'no_occurred_at' }]
  return now - moment > OVERDUE_MS ? [{ severity: 'warning', code: 'late' }] : []
}

const PARTS_OF_AFFECTED = ['dead', 'missing', 'injured', 'reloc_cum', 'reloc_central_cum', 'need_life_aid_cum']
const FIXED: readonly (readonly [whole: string, part: string])[] = [
  ...PARTS_OF_AFFECTED.map((part) => ['pop_affected', part] as const),
  ['injured', 'injured_severe'],
  ['crop_affected_ha', 'crop_damaged_ha'],
  ['crop_affected_ha', 'crop_failed_ha'],
  ['crop_damaged_ha', 'crop_failed_ha'],
]
const SUMS = [
  { whole: 'reloc_cum', parts: ['reloc_central_cum', 'reloc_dispersed_cum'], tolerance: 0 },
  { whole: 'reloc_now', parts: ['reloc_central_now', 'reloc_dispersed_now'], tolerance: 0 },
  { whole: 'loss_direct_wan', parts: ['home', 'agri', 'industry', 'infra', 'public', 'other'].map((part) => `loss_${part}_wan`), tolerance: 3 },
]

function wholes(catalogue: Catalogue): readonly (readonly [whole: string, part: string])[] {
  const named = [...catalogue.keys()].flatMap((key): (readonly [string, string])[] => {
    if (key.endsWith('_grain_ha')) return [[key.replace('_grain_ha', '_ha'), key]]
    if (/^rooms_.*_resid$/.test(key)) return [[key.replace('_resid', ''), key]]
    const cumulative = key.replace(/_now$/, '_cum')
    return cumulative !== key && catalogue.has(cumulative) ? [[cumulative, key]] : []
  })
  return [...FIXED, ...named]
}
