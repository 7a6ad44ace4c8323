/** Sends what waits in the outbox: in order, in batches, again and again until the server has said what became of it. */
import { sealed, type OutboxItem } from './items'
import type { Answer, Post } from './posting'
import type { OutboxStore } from './store'

export interface SenderSurroundings {
  now(): number
  /** From 0 to below 1. */
  random(): number
  after(milliseconds: number, call: () => void): () => void
  /** Server − device clock, milliseconds; null: never measured. Asked before the first delivery of an unsealed record. */
  clockOffset(): Promise<number | null>
}

export interface SenderState {
  readonly phase: 'idle' | 'sending' | 'waiting'
  /** Device clock of the next attempt while waiting. */
  readonly nextAt: number | null
  readonly why: string | null
}

export const BATCH = 100
export const BATCH_BYTES = 512 * 1024
export const FIRST_WAIT_MS = 1000
export const LONGEST_WAIT_MS = 60_000

export class Sender {
  state: SenderState = { phase: 'idle', nextAt: null, why: null }
  private failures = 0
  private batch = BATCH
  private running = false
  private wakened = false
  private ended = false
  private cancelTimer: () => void = () => undefined

  constructor(
    private readonly store: OutboxStore,
    private readonly post: Post,
    private readonly surroundings: SenderSurroundings,
    private readonly changed: (state: SenderState) => void = () => undefined,
  ) {}

  /** Something was filed, or the network may be back: try now, however long the wait was to be. */
  wake(): void {
    this.cancelTimer()
    this.failures = 0
    void this.run()
  }

  stop(): void {
    this.ended = true
    this.cancelTimer()
  }

  private async run(): Promise<void> {
    if (this.ended) return
    if (this.running) {
      this.wakened = true
      return
    }
    this.running = true
    try {
      do {
        this.wakened = false
        await this.drain()
      } while (this.wakened && !this.ended)
    } catch (error) {
      // The database failed (storage full, private window closed): what it holds is unchanged and is tried again.
      this.wait({ kind: 'again', after: null, why: String(error) })
    } finally {
      this.running = false
    }
  }

  private async drain(): Promise<void> {
    for (;;) {
      const items = withinBytes(await this.store.waiting(this.batch))
      if (items.length === 0) return this.say({ phase: 'idle', nextAt: null, why: null })
      this.say({ phase: 'sending', nextAt: null, why: null })
      const ready = await this.prepared(items)
      const answer = await this.post(ready.map(({ record }) => record))
      if (answer.kind === 'again') return this.wait(answer)
      this.failures = 0
      if (answer.kind === 'too_large') this.batch = Math.max(1, Math.floor(ready.length / 2))
      else {
        await this.settle(ready, answer)
        this.batch = BATCH
      }
    }
  }

  // Written down before they leave: a page that dies now sends the same bytes the next time.
  private async prepared(items: readonly OutboxItem[]): Promise<OutboxItem[]> {
    const offset = items.some((item) => !item.sealed) ? await this.surroundings.clockOffset() : null
    const ready = items.map((item) => ({ ...(offset === null ? item : sealed(item, offset)), attempts: item.attempts + 1 }))
    // Sent with the device's own times when the server's clock cannot be had: from now on they stand.
    for (const item of ready) item.sealed = true
    await this.store.replace(ready)
    return ready
  }

  private async settle(items: readonly OutboxItem[], answer: Extract<Answer, { kind: 'verdicts' }>): Promise<void> {
    const receivedAt = this.surroundings.now()
    const changes = items.map((item, at): OutboxItem => {
      const verdict = answer.verdicts[at]!
      return verdict.result === 'stored' ? { ...item, state: 'received', receivedAt } : { ...item, state: 'refused', problem: verdict.problem }
    })
    await this.store.replace(changes)
  }

  private wait(answer: Extract<Answer, { kind: 'again' }>): void {
    if (this.ended) return
    const backoff = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.failures++) * (0.5 + this.surroundings.random() / 2)
    const wait = Math.max(backoff, answer.after ?? 0)
    this.say({ phase: 'waiting', nextAt: this.surroundings.now() + wait, why: answer.why })
    this.cancelTimer()
    this.cancelTimer = this.surroundings.after(wait, () => void this.run())
  }

  private say(state: SenderState): void {
    this.state = state
    this.changed(state)
  }
}

function withinBytes(items: readonly OutboxItem[]): OutboxItem[] {
  let bytes = 0
  return items.filter((item, at) => {
    bytes += new TextEncoder().encode(JSON.stringify(item.record)).length
    return at === 0 || bytes <= BATCH_BYTES
  })
}
