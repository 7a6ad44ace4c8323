import { describe, expect, it } from 'vitest'
import type { OutgoingRecord } from './items'
import { postRecords } from './posting'

const records = [{ record_id: 'a' }, { record_id: 'b' }] as unknown as OutgoingRecord[]
const answering = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  postRecords('/v1/records', async () => new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers }))
const PROBLEM = { 'content-type': 'application/problem+json' }
const problem = { title: 't', status: 422, detail: 'd' }

describe('postRecords', () => {
  it('takes a verdict on each record', async () => {
    const post = answering(202, { results: [{ record_id: 'a', result: 'stored' }, { record_id: 'b', result: 'refused', problem }] })
    expect(await post(records)).toEqual({ kind: 'verdicts', verdicts: [{ result: 'stored' }, { result: 'refused', problem }] })
  })

  it('takes a repeated delivery for stored', async () => {
    const results = [{ record_id: 'a', result: 'already_stored' }, { record_id: 'b', result: 'stored' }]
    expect(await answering(202, { results })(records)).toEqual({ kind: 'verdicts', verdicts: [{ result: 'stored' }, { result: 'stored' }] })
  })

  it('reads the verdicts of a batch that was refused whole', async () => {
    const results = records.map(({ record_id }) => ({ record_id, result: 'refused', problem }))
    const answer = await answering(422, { ...problem, results }, PROBLEM)(records)
    expect(answer).toEqual({ kind: 'verdicts', verdicts: [{ result: 'refused', problem }, { result: 'refused', problem }] })
  })

  it('asks for smaller batches when a batch is refused without verdicts', async () => {
    expect(await answering(413, problem, PROBLEM)(records)).toEqual({ kind: 'too_large' })
    expect(await answering(413, problem, PROBLEM)(records.slice(0, 1))).toEqual({ kind: 'verdicts', verdicts: [{ result: 'refused', problem }] })
  })

  it.each([429, 500, 502, 503, 401, 403, 404])('tries again after HTTP %d', async (status) => {
    expect((await answering(status, problem, PROBLEM)(records)).kind).toBe('again')
  })

  it.each([
    ['a login page', 200, '<html>'],
    ['a login page that says 202', 202, '<html>'],
    ['fewer verdicts than records', 202, { results: [{ record_id: 'a', result: 'stored' }] }],
    ["another server's 422", 422, 'no'],
  ])('takes nothing for received from %s', async (_, status, body) => {
    expect((await answering(status, body)(records)).kind).toBe('again')
  })

  it('takes the wish of the server to wait', async () => {
    expect(await answering(503, problem, { ...PROBLEM, 'retry-after': '10' })(records)).toMatchObject({ kind: 'again', after: 10_000 })
  })

  it('tries again when there is no answer', async () => {
    const post = postRecords('/v1/records', () => Promise.reject(new TypeError('Failed to fetch')))
    expect(await post(records)).toEqual({ kind: 'again', after: null, why: 'TypeError' })
  })
})
