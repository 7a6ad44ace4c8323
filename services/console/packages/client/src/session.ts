/**
 * The client's side of `fenghuo.v1`, sans I/O: texts and the time go in, frames to send come out.
 *
 * A subscription outlives connections: after each opening it is asked for again and starts over with a snapshot; until
 * that has come, the picture of before stands, and `freshness` says how old it is.
 */
import type { Alarms, DeltaFrame, Error as FeedError, Heartbeat, Outcomes, Snapshot, Subscribe, Unsubscribe } from './contract'
import { FeedPicture, SequenceGapError } from './picture'
import type { Freshness } from './freshness'

export type ClientFrame = Subscribe | Unsubscribe
export type ServerFrame = Snapshot | DeltaFrame | Outcomes | Alarms | Heartbeat | FeedError
export type SubscriptionRequest = Omit<Subscribe, 'type' | 'id'>

/** One subscription. `picture` is replaced by a new object with every fresh start. */
export interface Subscription {
  readonly id: string
  readonly request: SubscriptionRequest
  picture: FeedPicture
  /** Whether this connection has brought the first frame yet. */
  current: boolean
  /** Set when the server refused it. */
  error: FeedError | null
}

interface Held extends Subscription {
  /** Collects the frames of a fresh start; becomes `picture` with the first. */
  coming: FeedPicture
}

export class FeedSession {
  readonly subscriptions = new Map<string, Subscription>()
  /** The last error that names no subscription. */
  error: FeedError | null = null
  private readonly held = new Map<string, Held>()
  private numbered = 0
  private watermark: string | null = null
  private clockOffset: number | null = null
  private heardAt: number | null = null
  private isOpen = false

  constructor(private readonly keepOutcomes = 1000) {}

  /** Add a subscription; answers it and the frames to send now. */
  subscribe(request: SubscriptionRequest): { subscription: Subscription; send: ClientFrame[] } {
    const id = `s${++this.numbered}`
    const held: Held = { id, request, picture: this.fresh(), coming: this.fresh(), current: false, error: null }
    this.held.set(id, held)
    this.subscriptions.set(id, held)
    return { subscription: held, send: this.isOpen ? [start(held)] : [] }
  }

  /** Forget a subscription; answers the frames to send now. */
  unsubscribe(id: string): ClientFrame[] {
    const known = this.held.delete(id)
    this.subscriptions.delete(id)
    return known && this.isOpen ? [{ type: 'unsubscribe', id }] : []
  }

  /** The socket opened: everything is asked for again. */
  opened(): ClientFrame[] {
    this.isOpen = true
    return [...this.held.values()].map((held) => this.restart(held))
  }

  /** The socket closed: pictures stand, nothing of them is current. */
  closed(): void {
    this.isOpen = false
    for (const held of this.held.values()) held.current = false
  }

  /**
   * Take a server's text. `now`: milliseconds since 1970 on this device. Answers frames to send (a fresh start after a
   * gap) and the subscriptions that changed. Throws SyntaxError for what is no JSON.
   */
  receive(text: string, now: number): { send: ClientFrame[]; changed: Subscription[] } {
    const frame = JSON.parse(text) as ServerFrame
    this.heardAt = now
    switch (frame.type) {
      case 'heartbeat':
        this.watermark = frame.watermark
        this.clockOffset = Date.parse(frame.server_time) - now
        return { send: [], changed: [] }
      case 'error':
        return { send: [], changed: this.refused(frame) }
      case 'snapshot':
      case 'delta':
      case 'outcomes':
      case 'alarms':
        return this.told(frame)
      default:
        // A newer server may say more; what is not understood changes nothing.
        return { send: [], changed: [] }
    }
  }

  /** How fresh all of this is at `now`. */
  freshness(now: number): Freshness {
    return { connected: this.isOpen, heardAt: this.heardAt, watermark: this.watermark, clockOffset: this.clockOffset, now }
  }

  private told(frame: Snapshot | DeltaFrame | Outcomes | Alarms): { send: ClientFrame[]; changed: Subscription[] } {
    const held = this.held.get(frame.id)
    if (held === undefined) return { send: [], changed: [] }
    // The tail of a subscription that was started over under the same id: its own first frame is still to come.
    if (held.coming.seq === 0 && frame.seq !== 1) return { send: [], changed: [] }
    try {
      held.coming.apply(frame)
    } catch (error) {
      if (!(error instanceof SequenceGapError)) throw error
      return { send: [this.restart(held)], changed: [held] }
    }
    held.picture = held.coming
    held.current = true
    this.watermark = frame.watermark ?? this.watermark
    return { send: [], changed: [held] }
  }

  private refused(error: FeedError): Subscription[] {
    const held = error.id == null ? undefined : this.held.get(error.id)
    if (held === undefined) {
      this.error = error
      return []
    }
    held.error = error
    return [held]
  }

  private restart(held: Held): ClientFrame {
    held.coming = this.fresh()
    held.current = false
    held.error = null
    return start(held)
  }

  private fresh(): FeedPicture {
    return new FeedPicture(this.keepOutcomes)
  }
}

function start(subscription: Subscription): Subscribe {
  return { type: 'subscribe', id: subscription.id, ...subscription.request }
}
