/** Chinese first, English switch. Each page brings its own words; a missing one is a type error. */
import { ref, watchEffect } from 'vue'
import { keep, kept } from '../design/keeping'

export type Language = 'zh' | 'en'
export type Words = Readonly<Record<string, string>>
export type Values = Readonly<Record<string, string | number>>

const asked = new URLSearchParams(location.search).get('lang') ?? kept('language')

export const language = ref<Language>(asked === 'en' ? 'en' : 'zh')

watchEffect(() => document.documentElement.setAttribute('lang', language.value === 'zh' ? 'zh-CN' : 'en'))

export function switchLanguage(): void {
  language.value = language.value === 'zh' ? 'en' : 'zh'
  keep('language', language.value)
}

export interface Translate<Key extends string> {
  /** The words of `key`, with `{name}` replaced by `values.name`. */
  (key: Key, values?: Values): string
  /** Whether there are words for a key that came from outside (a flag, a type). */
  has(key: string): key is Key
  readonly words: { readonly zh: Record<Key, string>; readonly en: Record<Key, string> }
}

/** A page's words in both languages; English must have every key that Chinese has, and no other. */
export function defineWords<const Zh extends Words>(words: { zh: Zh; en: { [Key in keyof Zh]: string } }): Translate<keyof Zh & string> {
  const translate = (key: keyof Zh & string, values: Values = {}) =>
    words[language.value][key]!.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? `{${name}}`))
  return Object.assign(translate, {
    has: (key: string): key is keyof Zh & string => Object.hasOwn(words.zh, key),
    words: words as { zh: Record<keyof Zh & string, string>; en: Record<keyof Zh & string, string> },
  })
}
