import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newItem, type OutboxItem, type OutgoingRecord } from '../../../outbox/items'
import { statedNow } from '../state/corrections'
import {
  cell, correctionRecord, draftOf, emptyHeadcount, emptyLoss, emptyZero, headcountRecord, lossRecord, plain, valueOf, zeroRecord, type Envelope,
} from './drafts'

const UNIT = '513221105000'
const ENVELOPE: Envelope = {
  id: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
  incident: 'i-1',
  world: 'Exercise',
  source: { org: '水磨镇', class: 'official_stat', level: 'township' },
  filedAt: Date.parse('2026-08-20T07:00:00Z'),
  offset: 60_000,
  location: null,
}
const filed = { as_of: Date.parse('2026-08-20T07:01:00Z'), device: ENVELOPE.filedAt }

/** Required fields of the contract's own JSON Schema. */
function required(type: string): string[] {
  const schema = JSON.parse(readFileSync(new URL(`../../../../../../schemas/v1/${type}.schema.json`, import.meta.url), 'utf8')) as { required?: string[]; $ref?: string; $defs?: { [name: string]: { required?: string[] } } }
  const named = schema.$ref?.split('/').at(-1)
  return schema.required ?? (named ? schema.$defs?.[named]?.required : undefined) ?? []
}

describe('records from drafts', () => {
  const loss = lossRecord({ ...emptyLoss(), stage: 'initial', occurredAt: '2026-08-20T14:30', reason: ' 核实 ' }, [{ unit: UNIT, cells: { dead: cell('4') } }], ENVELOPE)
  const made: [string, OutgoingRecord][] = [
    ['loss_report', loss],
    ['zero_report', zeroRecord(emptyZero(), UNIT, ENVELOPE)],
    ['evacuation_count', headcountRecord({ ...emptyHeadcount(), site: ' 小学 ', persons: '312' }, UNIT, ENVELOPE)],
    ['correction', correctionRecord({ base: loss.record_id, reason: '重复', rows: [{ unit: UNIT, cells: { dead: { ...cell(''), withdrawn: true } } }] }, loss, ENVELOPE)],
  ]

  it.each(made)('%s has every field that its schema requires', (type, record) => {
    expect(required(type).length).toBeGreaterThan(3)
    expect(Object.keys(record)).toEqual(expect.arrayContaining(required(type)))
  })

  it.each(made)('%s carries both clocks', (_, record) => {
    expect(Date.parse(record.sent_at)).toBe(filed.as_of)
    expect(Date.parse(record.device_sent_at)).toBe(filed.device)
  })

  it('states as of its filing, or as of the time that was typed', () => {
    expect(Date.parse(loss.as_of)).toBe(filed.as_of)
    const typed = lossRecord({ ...emptyLoss(), asOf: '2026-08-20T12:00' }, [], ENVELOPE)
    expect(Date.parse(typed.as_of)).toBe(new Date(2026, 7, 20, 12).getTime())
  })

  it('says when it happened only in an initial report', () => {
    expect(loss).toMatchObject({ stage: 'initial', reason: '核实' })
    expect(loss.occurred_at).toBeDefined()
    expect(lossRecord({ ...emptyLoss(), stage: 'followup', occurredAt: '2026-08-20T14:30' }, [], ENVELOPE)).not.toHaveProperty('occurred_at')
  })

  it('states where its office is in reports only', () => {
    const location = { unit: UNIT, lon: 103.41254, lat: 30.94136, accuracy_m: 12, captured_at: '2026-08-20T15:00:00.000+08:00' }
    const at = { ...ENVELOPE, location }
    expect(lossRecord(emptyLoss(), [], at).location).toEqual(location)
    expect(zeroRecord(emptyZero(), UNIT, at).location).toEqual(location)
    expect(headcountRecord(emptyHeadcount(), UNIT, at)).not.toHaveProperty('location')
    for (const [, record] of made) expect(record).not.toHaveProperty('location')
  })

  it('corrects in the place of what it corrects', () => {
    const correction = made[3]![1]
    expect(correction).toMatchObject({ supersedes: loss.record_id, as_of: loss.as_of, rows: [{ unit: UNIT, values: { dead: null } }] })
  })
})

describe('values', () => {
  it.each([
    [cell('４５'), 45],
    [{ text: '30', unit: 'mu', qualifier: 'exact' as const }, { value: 30, unit: 'mu' }],
    [{ text: '30', unit: null, qualifier: 'about' as const }, { value: 30, qualifier: 'about' }],
  ])('%j', (draft, value) => {
    expect(valueOf(draft)).toEqual(value)
    expect(valueOf(draftOf(value))).toEqual(value)
  })

  it('reads what is withdrawn', () => {
    expect(valueOf(draftOf(null))).toBeNull()
  })

  it('never writes a number as people do not', () => {
    expect([plain(1_500_000), plain(0.0001), plain(12.5)]).toEqual(['1500000', '0.0001', '12.5'])
  })
})

describe('what a record states by now', () => {
  const item = (record: Partial<OutgoingRecord>): OutboxItem => newItem(record as OutgoingRecord, 0, { sealed: true, asOfFiling: true })
  const root = item({ record_id: 'a', type: 'loss_report', rows: [{ unit: UNIT, values: { dead: 5, missing: 8 } }] })
  const first = item({ record_id: 'b', type: 'correction', supersedes: 'a', rows: [{ unit: UNIT, values: { dead: 4 } }] })
  const second = item({ record_id: 'c', type: 'correction', supersedes: 'b', rows: [{ unit: UNIT, values: { missing: null } }] })

  it('follows the chain of corrections, the newest last', () => {
    const stated = statedNow(root, [second, first, root])
    expect(stated).toEqual([{ unit: UNIT, cells: { dead: cell('4'), missing: { ...cell(''), withdrawn: true } } }])
  })

  it('leaves out a correction that the server refused', () => {
    expect(statedNow(root, [{ ...first, state: 'refused' }, root])[0]!.cells.dead).toEqual(cell('5'))
  })
})
