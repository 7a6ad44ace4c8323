/** Follows what the server received: how it was judged and whether the picture shows it, until that is old news. */
import { ApiError, type Judgement, type StoredRecord } from '@fenghuo/client/api'
import type { OutboxItem } from './items'
import type { OutboxStore } from './store'

export interface ReceiptsSurroundings {
  now(): number
  after(milliseconds: number, call: () => void): () => void
  /** GET /v1/records/{id}. */
  look(id: string): Promise<StoredRecord>
  /** Whether anybody sees the page. */
  visible(): boolean
}

/** Judgements change later: superseded, returned, released. */
export const FOLLOWED_MS = 7 * 24 * 3600_000
export const AT_ONCE = 4
const SOONEST_MS = 400
const UNJUDGED_MOST_MS = 20_000
const HELD_MS = 15_000
const JUDGED_MS = 60_000

interface Look {
  due: number
  times: number
  held: boolean
  /** Another judgement, told while it was looked at, may have moved it. */
  again: boolean
}

export class Receipts {
  private readonly looks = new Map<string, Look>()
  private running = false
  private ended = false
  private cancelTimer: () => void = () => undefined

  constructor(
    private readonly store: OutboxStore,
    private readonly surroundings: ReceiptsSurroundings,
  ) {}

  /** Look now at what is due: something was received, or the page is seen again. */
  wake(): void {
    this.cancelTimer()
    void this.round()
  }

  stop(): void {
    this.ended = true
    this.cancelTimer()
  }

  private async round(): Promise<void> {
    if (this.running || this.ended) return
    this.running = true
    let next = JUDGED_MS
    try {
      if (this.surroundings.visible()) next = await this.lookAtDue()
    } catch (error) {
      console.warn('receipts', error) // the database is away; the next round tries again
    } finally {
      this.running = false
      this.cancelTimer()
      if (!this.ended) this.cancelTimer = this.surroundings.after(next, () => void this.round())
    }
  }

  /** Answers how long nothing is due after this. */
  private async lookAtDue(): Promise<number> {
    const items = await this.store.received(this.surroundings.now() - FOLLOWED_MS)
    const due = items.filter((item) => this.lookOf(item).due <= this.surroundings.now())
    let at = 0
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let item = due[at++]; item !== undefined && !this.ended; item = due[at++]) await this.lookAt(item)
      }),
    )
    const soonest = Math.min(JUDGED_MS, ...items.map((item) => this.lookOf(item).due - this.surroundings.now()))
    return Math.max(SOONEST_MS, soonest)
  }

  private async lookAt(item: OutboxItem): Promise<void> {
    const look = this.lookOf(item)
    look.times++
    look.again = false
    let outcome = item.outcome
    try {
      outcome = (await this.surroundings.look(item.id)).outcome
      if (!same(outcome, item.outcome)) {
        await this.store.change(item.id, { outcome })
        look.times = 0
        this.lookAgainAfter(item)
      }
    } catch (error) {
      // Not found yet, or no network: what is known stands.
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error
    }
    look.held = outcome?.standing === 'held'
    look.due = look.again ? 0 : this.surroundings.now() + waitFor(outcome, look.times)
  }

  /** A judgement moves others: what it corrects, and what was held. */
  private lookAgainAfter(item: OutboxItem): void {
    for (const [id, look] of this.looks) {
      if (!look.held && id !== item.record.supersedes) continue
      look.due = 0
      look.again = true
    }
  }

  private lookOf(item: OutboxItem): Look {
    const known = this.looks.get(item.id)
    if (known) return known
    const look = { due: 0, times: 0, held: false, again: false }
    this.looks.set(item.id, look)
    return look
  }
}

function waitFor(outcome: Judgement | null, times: number): number {
  if (outcome === null) return Math.min(UNJUDGED_MOST_MS, SOONEST_MS * 2 ** Math.min(times, 8))
  return outcome.standing === 'held' ? HELD_MS : JUDGED_MS
}

function same(one: Judgement | null, other: Judgement | null): boolean {
  return one?.version === other?.version && one?.disposition === other?.disposition && one?.standing === other?.standing
}
