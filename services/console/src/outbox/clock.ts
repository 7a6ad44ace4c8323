/**
 * The server's clock as seen from this device. Phones in the field are minutes wrong; a time in the future is held (R17)
 * and a wrong one hides how old a figure is.
 */
import { deadline } from './deadline'

export interface ClockSample {
  /** Device clock when asked and when answered, milliseconds since 1970. */
  readonly askedAt: number
  readonly answeredAt: number
  /** The server's clock in its answer. */
  readonly serverAt: number
}

export interface ClockOffset {
  /** Server − device, milliseconds. */
  readonly offset: number
  /** Of the best sample: the offset is right to half of it. */
  readonly roundTrip: number
  /** Device clock when measured. */
  readonly measuredAt: number
}

/** Asked so often that the median of the better half stands, however one of them was delayed. */
export const SAMPLES = 5

/** The median of the offsets of the half with the shorter round trips. Throws RangeError without a sample. */
export function offsetOf(samples: readonly ClockSample[]): ClockOffset {
  const quickest = [...samples].sort((one, other) => roundTrip(one) - roundTrip(other)).slice(0, Math.ceil(samples.length / 2))
  const best = quickest[0]
  if (best === undefined) throw new RangeError('no clock sample')
  const offsets = quickest.map(({ askedAt, answeredAt, serverAt }) => serverAt - (askedAt + answeredAt) / 2).sort((a, b) => a - b)
  const middle = Math.floor(offsets.length / 2)
  const median = offsets.length % 2 === 1 ? offsets[middle]! : (offsets[middle - 1]! + offsets[middle]!) / 2
  return { offset: Math.round(median), roundTrip: roundTrip(best), measuredAt: best.answeredAt }
}

/** Ask the server's clock several times. Throws what `ask` throws when it never answers. */
export async function measureClock(ask: () => Promise<number>, now: () => number, samples = SAMPLES): Promise<ClockOffset> {
  const taken: ClockSample[] = []
  for (let at = 0; at < samples; at++) {
    const askedAt = now()
    const serverAt = await ask()
    taken.push({ askedAt, answeredAt: now(), serverAt })
  }
  return offsetOf(taken)
}

/** GET /clock.json. Throws TypeError when the server cannot be reached, Error for any other answer. */
export async function askServerClock(): Promise<number> {
  const answer = await fetch('/clock.json', { cache: 'no-store', signal: deadline(5000) })
  if (!answer.ok) throw new Error(`/clock.json: HTTP ${answer.status}`)
  const { server_time } = (await answer.json()) as { server_time: string }
  const moment = Date.parse(server_time)
  if (Number.isNaN(moment)) throw new Error(`/clock.json: ${server_time} is no time`)
  return moment
}

function roundTrip(sample: ClockSample): number {
  return sample.answeredAt - sample.askedAt
}

/** RFC 3339 with this device's offset from UTC. `moment`: milliseconds since 1970. */
export function rfc3339(moment: number): string {
  const minutes = -new Date(moment).getTimezoneOffset()
  const local = new Date(moment + minutes * 60_000).toISOString().slice(0, -1)
  const [sign, ahead] = [minutes < 0 ? '-' : '+', Math.abs(minutes)]
  return `${local}${sign}${two(Math.floor(ahead / 60))}:${two(ahead % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
