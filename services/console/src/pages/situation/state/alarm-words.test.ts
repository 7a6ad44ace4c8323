// @vitest-environment happy-dom
import { beforeAll, expect, test } from 'vitest'
import type { Alarm } from '@fenghuo/client/contract'
import type { Indicator } from '../../../reference/reference'

let alarmAbout: typeof import('./alarm-words').alarmAbout
beforeAll(async () => ({ alarmAbout } = await import('./alarm-words')))

const INDICATORS = new Map<string, Indicator>()
const alarm = (fields: Partial<Alarm>): Alarm => ({ status: 'Exercise', incident_id: 'A', kind: 'conflict', subject: '513221000000/dead', state: 'raised', unit: '513221000000', version: 1, ...fields })

test('a figure that sources differ about, with who says what', () => {
  expect(alarmAbout(alarm({ detail: 'dead=1200, 媒体(引县委宣传部)=9' }), INDICATORS)).toBe('死亡 1,200，媒体(引县委宣传部) 9')
})

test('a site with how full it is', () => {
  const about = alarmAbout(alarm({ kind: 'over_capacity', subject: '513221000000/三江中学', detail: 'persons=860, capacity=800' }), INDICATORS)
  expect(about).toBe('三江中学：在住 860，容量 800')
})

test('times are read as times, and a late report is named by its record alone', () => {
  const about = alarmAbout(alarm({ kind: 'overdue', subject: 'a07', detail: 'occurred_at=2026-11-21T04:14:26+08:00, sent_at=2026-11-21T12:19:26+08:00' }), INDICATORS)
  expect(about).toMatch(/^发生 .*11-2\d \d\d:\d\d，发出 .*11-2\d \d\d:\d\d$/)
})

test('papers of one number with the offices that sent them', () => {
  expect(alarmAbout(alarm({ subject: 'dispatch/D-1', detail: '甲局, 乙局' }), INDICATORS)).toBe('dispatch/D-1：甲局，乙局')
})
