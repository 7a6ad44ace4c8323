/** What an alarm is about, in words; its detail is `name=value, …` of figures, sources, times (streams/picture/alarms.py). */
import type { Alarm } from '@fenghuo/client/contract'
import { dayTime, number } from '../../../language/moments'
import type { Indicator } from '../../../reference/reference'
import { t } from '../words'
import { figureName } from './figures'

type Indicators = ReadonlyMap<string, Indicator>

/** Without the unit that stands beside it: a figure, a site, a document, a check. */
export function alarmAbout(alarm: Alarm, indicators: Indicators): string {
  const subject = alarm.subject.startsWith(alarm.unit) ? alarm.subject.slice(alarm.unit.length + 1) : alarm.subject
  const parts = (alarm.detail ?? '').split(', ').filter(Boolean)
  // An overdue report is the record itself, which is linked; a figure that the details name is named once.
  const said = alarm.kind === 'overdue' || parts.some((part) => part.startsWith(`${subject}=`))
  const about = said ? '' : figureName(subject, indicators)
  const details = parts.map((part) => detail(part, indicators))
  return [about, details.join(t('comma'))].filter(Boolean).join(t('colon'))
}

function detail(part: string, indicators: Indicators): string {
  const at = part.lastIndexOf('=')
  if (at === -1) return part
  const [key, value] = [part.slice(0, at), part.slice(at + 1)]
  const word = `detail_${key}`
  const name = t.has(word) ? t(word) : figureName(key, indicators)
  if (key.endsWith('_at')) return `${name} ${dayTime(value)}`
  return `${name} ${Number.isFinite(Number(value)) ? number(Number(value)) : value}`
}
