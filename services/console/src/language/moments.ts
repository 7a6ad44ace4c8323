/** Times and numbers as people read them. */
import { defineWords, language } from './language'

const t = defineWords({
  zh: {
    seconds: '{n} 秒前',
    minutes: '{n} 分钟前',
    hours: '{n} 小时前',
    days: '{n} 天前',
    duration_seconds: '{n} 秒',
    duration_minutes: '{n} 分钟',
    duration_hours: '{n} 小时',
  },
  en: {
    seconds: '{n} s ago',
    minutes: '{n} min ago',
    hours: '{n} h ago',
    days: '{n} d ago',
    duration_seconds: '{n} s',
    duration_minutes: '{n} min',
    duration_hours: '{n} h',
  },
})
export const momentWords = t

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** How long ago a moment was, coarse enough to be read at a glance. */
export function ago(moment: string, now: number): string {
  const passed = Math.max(0, now - Date.parse(moment))
  if (passed < MINUTE) return t('seconds', { n: Math.floor(passed / 1000) })
  if (passed < HOUR) return t('minutes', { n: Math.floor(passed / MINUTE) })
  if (passed < 48 * HOUR) return t('hours', { n: Math.floor(passed / HOUR) })
  return t('days', { n: Math.floor(passed / (24 * HOUR)) })
}

export function duration(milliseconds: number): string {
  if (milliseconds < MINUTE) return t('duration_seconds', { n: Math.floor(milliseconds / 1000) })
  if (milliseconds < HOUR) return t('duration_minutes', { n: Math.floor(milliseconds / MINUTE) })
  return t('duration_hours', { n: Math.floor(milliseconds / HOUR) })
}

/** `08-20 15:00`, on this device's clock; with the year when it is not this one. */
export function dayTime(moment: string | number): string {
  const date = new Date(moment)
  const text = `${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`
  return date.getFullYear() === new Date().getFullYear() ? text : `${date.getFullYear()}-${text}`
}

/** `08-20 15:00:12`: where moments of the same minute must be told apart. */
export function dayClock(moment: string | number): string {
  return `${dayTime(moment)}:${two(new Date(moment).getSeconds())}`
}

export function clock(moment: string | number): string {
  const date = new Date(moment)
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

const numbers = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4 })
const changes = new Intl.NumberFormat('en-US', { maximumFractionDigits: 4, signDisplay: 'exceptZero' })

export function number(value: number): string {
  return numbers.format(value)
}

/** With its sign: `+5`, `−2`, `0`. */
export function change(value: number): string {
  return changes.format(value).replace('-', '−')
}

/** What something is called in the language of the page. */
export function named(thing: { readonly zh: string; readonly en: string }): string {
  return thing[language.value]
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
