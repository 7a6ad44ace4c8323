/** The socket under a FeedSession: opens it, opens it again, and tells listeners what changed. */
import type { ClientFrame, Subscription, SubscriptionRequest } from './session'
import { FeedSession } from './session'
import { type Freshness, SILENCE_MS } from './freshness'

export const SUBPROTOCOL = 'fenghuo.v1'

/** The part of WebSocket that is used; tests bring their own. */
export interface Socket {
  onopen: (() => void) | null
  onclose: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  send(text: string): void
  close(): void
}

/** What a connection needs of its surroundings. */
export interface Surroundings {
  open(url: string, subprotocol: string): Socket
  /** Milliseconds since 1970. */
  now(): number
  /** From 0 to below 1. */
  random(): number
  after(milliseconds: number, call: () => void): () => void
}

export const browserSurroundings: Surroundings = {
  open: (url, subprotocol) => new WebSocket(url, subprotocol) as unknown as Socket,
  now: () => Date.now(),
  random: () => Math.random(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds)
    return () => clearTimeout(timer)
  },
}

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 5000

export class FeedConnection {
  private readonly session: FeedSession
  private readonly listeners = new Set<(subscription: Subscription) => void>()
  private socket: Socket | null = null
  private attempts = 0
  private ended = false
  private cancelTimer: () => void = () => undefined

  constructor(
    private readonly url: string,
    private readonly surroundings: Surroundings = browserSurroundings,
    keepOutcomes = 1000,
  ) {
    this.session = new FeedSession(keepOutcomes)
    this.connect()
  }

  /** Subscribe now and after every reconnection, until `unsubscribe`. */
  subscribe(request: SubscriptionRequest): Subscription {
    const { subscription, send } = this.session.subscribe(request)
    this.send(send)
    return subscription
  }

  unsubscribe(subscription: Subscription): void {
    this.send(this.session.unsubscribe(subscription.id))
  }

  /** Called with each subscription that changed; answers how to stop that. */
  listen(listener: (subscription: Subscription) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  freshness(): Freshness {
    return this.session.freshness(this.surroundings.now())
  }

  /** Close for good. */
  close(): void {
    this.ended = true
    this.cancelTimer()
    this.drop()
  }

  private connect(): void {
    const socket = this.surroundings.open(this.url, SUBPROTOCOL)
    this.socket = socket
    socket.onopen = () => {
      this.send(this.session.opened())
      this.watch()
    }
    socket.onmessage = (event) => this.receive(event.data)
    socket.onclose = () => this.lost()
    this.watch()
  }

  private receive(data: unknown): void {
    if (typeof data !== 'string') return
    this.attempts = 0
    const { send, changed } = this.session.receive(data, this.surroundings.now())
    this.send(send)
    this.watch()
    for (const subscription of changed) for (const listener of this.listeners) listener(subscription)
  }

  // A dead peer closes nothing: a connection that says nothing for so long is given up.
  private watch(): void {
    this.cancelTimer()
    this.cancelTimer = this.surroundings.after(2 * SILENCE_MS, () => {
      this.drop()
      this.lost()
    })
  }

  private lost(): void {
    this.drop()
    if (this.ended) return
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.attempts++)
    this.cancelTimer()
    this.cancelTimer = this.surroundings.after(wait * (0.5 + this.surroundings.random() / 2), () => this.connect())
  }

  private drop(): void {
    const socket = this.socket
    this.socket = null
    this.session.closed()
    if (socket === null) return
    socket.onopen = socket.onclose = socket.onmessage = null
    socket.close()
  }

  private send(frames: readonly ClientFrame[]): void {
    for (const frame of frames) this.socket?.send(JSON.stringify(frame))
  }
}
