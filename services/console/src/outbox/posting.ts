/** `POST /v1/records` as the outbox needs it: what became of each record, or when to try again. */
import type { Problem } from '@fenghuo/client/contract'
import { deadline } from './deadline'
import type { OutgoingRecord } from './items'

export type Verdict = { readonly result: 'stored' } | { readonly result: 'refused'; readonly problem: Problem }

export type Answer =
  | { readonly kind: 'verdicts'; readonly verdicts: readonly Verdict[] }
  /** The server takes less at once. */
  | { readonly kind: 'too_large' }
  /** Nothing is known of these records. `after`: the server's wish in milliseconds; null: it said nothing. */
  | { readonly kind: 'again'; readonly after: number | null; readonly why: string }

export type Post = (records: readonly OutgoingRecord[]) => Promise<Answer>

const TIMEOUT_MS = 20_000
/** Problems that the record itself has; with any other answer it waits, because another may be had later. */
const OF_THE_RECORD = new Set([400, 409, 413, 422])

interface Result {
  readonly result: string
  readonly problem?: Problem | null
}

export function postRecords(url = '/v1/records', ask: typeof fetch = (...arguments_) => fetch(...arguments_)): Post {
  return async (records) => {
    let response: Response
    let text: string
    try {
      response = await ask(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(records),
        signal: deadline(TIMEOUT_MS),
      })
      text = await response.text()
    } catch (error) {
      return { kind: 'again', after: null, why: error instanceof Error ? error.name : String(error) }
    }
    return read(response, text, records.length)
  }
}

function read(response: Response, text: string, posted: number): Answer {
  const again: Answer = { kind: 'again', after: retryAfter(response), why: `HTTP ${response.status}` }
  const body = parsed(text)
  if (response.status === 202) {
    const verdicts = verdictsOf((body as { results?: Result[] } | null)?.results, posted)
    // A login page of a public network also answers 2xx; only a verdict on each record is one.
    return verdicts ? { kind: 'verdicts', verdicts } : again
  }
  const isProblem = response.headers.get('content-type')?.includes('problem+json') ?? false
  if (!OF_THE_RECORD.has(response.status) || !isProblem || body === null) return again
  const problem = body as Problem
  const verdicts = verdictsOf(problem.results as Result[] | null | undefined, posted)
  if (verdicts) return { kind: 'verdicts', verdicts }
  if (posted > 1) return { kind: 'too_large' }
  return { kind: 'verdicts', verdicts: [{ result: 'refused', problem }] }
}

function verdictsOf(results: readonly Result[] | null | undefined, posted: number): Verdict[] | null {
  if (!Array.isArray(results) || results.length !== posted) return null
  const verdicts = (results as readonly Result[]).map((each): Verdict | null => {
    if (each.result === 'stored' || each.result === 'already_stored') return { result: 'stored' }
    return each.result === 'refused' && each.problem ? { result: 'refused', problem: each.problem } : null
  })
  return verdicts.every((each) => each !== null) ? verdicts : null
}

/** Seconds or a date (RFC 9110), in milliseconds from now. */
function retryAfter(response: Response): number | null {
  const given = response.headers.get('retry-after')
  if (given === null) return null
  const wait = /^\d+$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now()
  return Number.isNaN(wait) ? null : Math.max(0, wait)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // no JSON: the answer is not this server's
  }
}
