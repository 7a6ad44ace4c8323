// @vitest-environment happy-dom
/** Every disposition, standing, flag, record type, class and level of the contracts has words on the situation page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'

const SCHEMAS = join(import.meta.dirname, '../../../schemas')
const schema = (name: string) => JSON.parse(readFileSync(join(SCHEMAS, `v1/${name}.schema.json`), 'utf8'))
let has: (key: string) => boolean

beforeAll(async () => {
  has = (await import('../src/pages/situation/words')).t.has
})

test('terms of the contracts', () => {
  const outcome = schema('outcome').properties
  const alternative = schema('figure').$defs.Alternative.properties
  const source = schema('record').$defs.Source.properties
  const terms: string[] = [
    ...outcome.disposition.enum.map((term: string) => `disposition_${term}`),
    ...outcome.standing.enum.map((term: string) => `standing_${term}`),
    ...outcome.flags.items.enum.map((term: string) => `flag_${term}`),
    ...alternative.kind.enum.map((term: string) => `kind_${term}`),
    ...source.class.enum.map((term: string) => `class_${term}`),
    ...source.level.enum.map((term: string) => `level_${term}`),
    ...schema('alarm').properties.kind.enum.map((term: string) => `alarm_${term}`),
    ...schema('figure').properties.status.enum.map((term: string) => `status_${term}`),
    ...schema('record').oneOf.map(({ $ref }: { $ref: string }) => `type_${$ref.split('/').at(-1)!.replace(/(?<!^)([A-Z])/g, '_$1').toLowerCase()}`),
  ]
  expect(terms.length).toBeGreaterThan(60)
  expect(terms.filter((term) => !has(term))).toEqual([])
})

test('units of the indicators', () => {
  const rows = readFileSync(join(SCHEMAS, 'data/indicators.csv'), 'utf8').trim().split('\n').slice(1)
  // A quoted English name may have commas; the unit is the fourth column from the end.
  const units = new Set(rows.map((row) => row.split(',').at(-4)!))
  expect([...units].filter((unit) => !has(`unit_${unit}`))).toEqual([])
})
