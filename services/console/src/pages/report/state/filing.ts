/** Files a record: gives it its id, its times by both clocks and its source, and puts it into the outbox. */
import type { OutgoingRecord } from '../../../outbox/items'
import { ulid } from '../../../outbox/ulid'
import type { Envelope } from '../forms/drafts'
import type { Context } from './context'
import { isComplete, sourceOf } from './reporter'

/** Rejects when the device cannot store it, or when it is not chosen yet who reports what. */
export async function fileRecord(
  { outbox, places, reporter }: Pick<Context, 'outbox' | 'places' | 'reporter'>,
  make: (envelope: Envelope) => OutgoingRecord,
  options: { asOfFiling: boolean; replaces?: string | null },
): Promise<OutgoingRecord> {
  const { world, incident } = reporter
  if (!isComplete(reporter) || world === null || incident === null) throw new Error('reporter is not complete')
  const filedAt = Date.now()
  const offset = outbox.offset.value
  const record = make({ id: ulid(filedAt + offset), incident: incident.id, world, source: sourceOf(reporter), filedAt, offset, location: places.location(offset) })
  await outbox.file(record, filedAt, options.asOfFiling, options.replaces ?? null)
  // Asked once there is something to lose: the browser then keeps it when space runs out.
  void navigator.storage?.persist?.()
  return record
}
