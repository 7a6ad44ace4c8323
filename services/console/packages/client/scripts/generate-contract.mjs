// Writes src/contract.ts: the types of records, outputs and feed frames from schemas/v1 (`npm run types`).
// `--check` writes nothing and fails when the file is not what the schemas say.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile } from 'json-schema-to-typescript'

const here = dirname(fileURLToPath(import.meta.url))
const schemas = join(here, '../../../../../schemas/v1')
const target = join(here, '../src/contract.ts')
const banner = '// Generated from schemas/v1 by scripts/generate-contract.mjs. Do not edit.\n'

// One document of all contracts, so that a type that several share is written once.
function together() {
  const $defs = {}
  const files = readdirSync(schemas).filter((name) => name.endsWith('.schema.json'))
  for (const file of files.sort()) {
    const { $schema: _dialect, $id: _id, $defs: inner = {}, ...schema } = JSON.parse(
      readFileSync(join(schemas, file), 'utf8'),
    )
    Object.assign($defs, inner)
    // A root that only points at its definition says nothing more.
    if (!('$ref' in schema)) $defs[schema.title] = schema
  }
  const properties = Object.fromEntries(Object.keys($defs).map((name) => [name, { $ref: `#/$defs/${name}` }]))
  return { title: 'Contracts', type: 'object', additionalProperties: false, properties, $defs }
}

export async function contract() {
  return compile(together(), 'Contracts', {
    bannerComment: banner,
    additionalProperties: true,
    unreachableDefinitions: false,
    style: { semi: false, singleQuote: true, printWidth: 110 },
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const text = await contract()
  if (process.argv.includes('--check')) {
    if (readFileSync(target, 'utf8') !== text) {
      console.error('src/contract.ts is not what schemas/v1 says: run npm run types')
      process.exit(1)
    }
  } else writeFileSync(target, text)
}
