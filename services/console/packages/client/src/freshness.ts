/** How far what is shown may be trusted to be the newest. */
export interface Freshness {
  readonly connected: boolean
  /** When the last frame came, milliseconds since 1970 on this device; null: none yet. */
  readonly heardAt: number | null
  /** Append time up to which all input is in the picture. */
  readonly watermark: string | null
  /** Server clock − device clock, milliseconds; null: unknown. */
  readonly clockOffset: number | null
  readonly now: number
}

export type FreshnessState = 'waiting' | 'live' | 'lagging' | 'disconnected'

/** No frame for so long, with a heartbeat every second: the connection is dead whatever the socket says. */
export const SILENCE_MS = 4000
/** A watermark older than this: records are not being folded in. Idle partitions report every second too. */
export const LAG_MS = 5000

/** waiting: nothing was ever heard; lagging: connected, but the picture falls behind its input. */
export function freshnessState(freshness: Freshness): FreshnessState {
  if (!freshness.connected) return freshness.heardAt === null ? 'waiting' : 'disconnected'
  if (freshness.heardAt === null) return 'waiting'
  if (freshness.now - freshness.heardAt > SILENCE_MS) return 'disconnected'
  const age = ageOf(freshness)
  return age === null || age > LAG_MS ? 'lagging' : 'live'
}

/** Milliseconds since the watermark by the server's clock; null: no watermark is known. Never negative. */
export function ageOf(freshness: Freshness): number | null {
  if (freshness.watermark === null) return null
  return Math.max(0, freshness.now + (freshness.clockOffset ?? 0) - Date.parse(freshness.watermark))
}
