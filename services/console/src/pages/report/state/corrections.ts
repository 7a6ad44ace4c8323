/** Which of this device's records can be corrected, and what they state by now. Pure. */
import type { OutboxItem, OutgoingRecord } from '../../../outbox/items'
import { draftOf, type RowDraft } from '../forms/drafts'

type Rows = readonly { readonly unit: string; readonly values: { readonly [key: string]: unknown } }[]

/** The record at the root of a chain of corrections; itself where it is none, or where this device does not have it. */
export function rootOf(item: OutboxItem, items: readonly OutboxItem[]): OutboxItem {
  let root = item
  // A chain is as long as there are records; a wrong one would go round for ever.
  for (let steps = 0; root.record.type === 'correction' && steps < items.length; steps++) {
    const next = items.find(({ id }) => id === root.record.supersedes)
    if (next === undefined) break
    root = next
  }
  return root
}

export function isCorrectable(item: OutboxItem): boolean {
  const { record, state, outcome } = item
  if (record.type !== 'loss_report' && record.type !== 'correction') return false
  if (state === 'refused') return false
  return outcome === null || !['rejected', 'refused', 'duplicate_content', 'frozen'].includes(outcome.disposition)
}

/** What a root states after its corrections so far. `items`: newest first. */
export function statedNow(root: OutboxItem, items: readonly OutboxItem[]): RowDraft[] {
  const chain = items.filter((item) => item.record.type === 'correction' && item.state !== 'refused' && item.outcome?.disposition !== 'rejected' && rootOf(item, items).id === root.id)
  const units = new Map<string, { [key: string]: unknown }>()
  for (const { record } of [root, ...chain.reverse()])
    for (const { unit, values } of rows(record)) units.set(unit, { ...units.get(unit), ...values })
  return [...units].map(([unit, values]) => ({ unit, cells: Object.fromEntries(Object.entries(values).map(([key, value]) => [key, draftOf(value)])) }))
}

function rows(record: OutgoingRecord): Rows {
  return Array.isArray(record.rows) ? (record.rows as Rows) : []
}
