// @vitest-environment happy-dom
/** Every page's words: the same keys and the same {values} in both languages, nothing empty that the other one says. */
import { beforeAll, expect, test } from 'vitest'
import type { Translate } from '../src/language/language'

let all: { [page: string]: Translate<string> }

beforeAll(async () => {
  all = {}
  for (const [path, load] of Object.entries(import.meta.glob('../src/**/{words,moments}.ts')))
    for (const [name, exported] of Object.entries((await load()) as { [name: string]: unknown }))
      if (typeof exported === 'function' && 'words' in exported) all[`${path} ${name}`] = exported as Translate<string>
})

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort()

test('there are words', () => expect(Object.keys(all).length).toBeGreaterThan(1))

test('both languages have the same keys and values', () => {
  for (const [page, { words }] of Object.entries(all)) {
    expect(Object.keys(words.en), page).toEqual(Object.keys(words.zh))
    for (const key of Object.keys(words.zh)) expect(placeholders(words.en[key]!), `${page} ${key}`).toEqual(placeholders(words.zh[key]!))
  }
})

test('Chinese words are Chinese and English ones are not', () => {
  const han = /\p{Script=Han}/u
  // The world's mark stays bilingual; the switch names the other language; an example may be a name.
  const apart = /^(band_|language_)|_hint$/
  for (const [page, { words }] of Object.entries(all))
    for (const [key, text] of Object.entries(words.en)) if (!apart.test(key)) expect(han.test(text), `${page} ${key}: ${text}`).toBe(false)
})
