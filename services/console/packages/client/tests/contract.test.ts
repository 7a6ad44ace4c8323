import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contract } from '../scripts/generate-contract.mjs'

test('contract.ts is what schemas/v1 says (npm run types)', async () => {
  expect(readFileSync(new URL('../src/contract.ts', import.meta.url), 'utf8')).toBe(await contract())
})
