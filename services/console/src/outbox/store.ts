/** What the outbox needs of its database; `DexieOutbox` is the real one. */
import Dexie, { type Table } from 'dexie'
import type { OutboxItem } from './items'

export interface OutboxStore {
  add(item: OutboxItem): Promise<void>
  /** The oldest that wait to be sent, in the order in which they were filed. */
  waiting(limit: number): Promise<OutboxItem[]>
  /** Received ones filed after `since` (device clock, milliseconds). */
  received(since: number): Promise<OutboxItem[]>
  change(id: string, change: Partial<OutboxItem>): Promise<void>
  replace(items: readonly OutboxItem[]): Promise<void>
}

/** A text that a person was typing, or something the server said, kept for when there is no network. */
interface Kept {
  readonly name: string
  readonly value: unknown
}

export class OutboxDatabase extends Dexie {
  items!: Table<OutboxItem, number>
  kept!: Table<Kept, string>

  constructor(name = 'fenghuo-report') {
    super(name)
    this.version(1).stores({ items: '++order, &id, state, filedAt', kept: 'name' })
  }
}

/** Nothing is ever deleted from it: a record that was filed stays, whatever became of it. */
export class DexieOutbox implements OutboxStore {
  constructor(private readonly database: OutboxDatabase) {}

  async add(item: OutboxItem): Promise<void> {
    await this.database.items.add(item)
  }

  waiting(limit: number): Promise<OutboxItem[]> {
    // Within one value of an index Dexie answers in the order of the primary key.
    return this.database.items.where('state').equals('stored').limit(limit).toArray()
  }

  received(since: number): Promise<OutboxItem[]> {
    return this.database.items.where('filedAt').above(since).filter((item) => item.state === 'received').toArray()
  }

  async change(id: string, change: Partial<OutboxItem>): Promise<void> {
    await this.database.items.where('id').equals(id).modify(change)
  }

  async replace(items: readonly OutboxItem[]): Promise<void> {
    await this.database.items.bulkPut([...items])
  }
}
