/** What the server said last, kept in the device's database for when it cannot be asked. */
import type { OutboxDatabase } from '../../../outbox/store'

export class KeptAnswers {
  constructor(private readonly database: OutboxDatabase) {}

  async get<Value>(name: string): Promise<Value | undefined> {
    return (await this.database.kept.get(name))?.value as Value | undefined
  }

  async put(name: string, value: unknown): Promise<void> {
    await this.database.kept.put({ name, value })
  }

  async drop(name: string): Promise<void> {
    await this.database.kept.delete(name)
  }

  /** What `ask` answers, else what it answered last. Throws what `ask` throws when it never answered. */
  async fresh<Value>(name: string, ask: () => Promise<Value>): Promise<Value> {
    try {
      const value = await ask()
      await this.put(name, value)
      return value
    } catch (error) {
      const known = await this.get<Value>(name)
      if (known === undefined) throw error
      return known
    }
  }

  /** What it answered last, asked again for the next time; else what it answers now. For what hardly changes. */
  async stable<Value>(name: string, ask: () => Promise<Value>): Promise<Value> {
    const known = await this.get<Value>(name)
    if (known === undefined) return this.fresh(name, ask)
    this.fresh(name, ask).catch((error: unknown) => console.warn(name, error))
    return known
  }
}
