// node check.mjs FILE: exit 1 when the AsyncAPI document breaks its specification.
import fs from 'node:fs'
import asyncapi from '@asyncapi/parser'

const { document, diagnostics } = await new asyncapi.Parser().parse(fs.readFileSync(process.argv[2], 'utf8'))
const errors = diagnostics.filter((found) => found.severity === 0)
for (const error of errors) console.error(`${error.path.join('.')}: ${error.message}`)
if (!document || errors.length) process.exit(1)
console.log(`${process.argv[2]}: AsyncAPI ${document.version()}, ${document.allChannels().length} channels`)
