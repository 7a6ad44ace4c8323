// @vitest-environment happy-dom
import type { Figure } from '@fenghuo/client/contract'
import { expect, test } from 'vitest'
import type { PlacedUnit } from './points'
import { htmlOf, linesOf } from './telling'

const NOW = Date.parse('2026-08-20T02:00:00Z')
const unit: PlacedUnit = {
  code: '513221105000',
  name: '水磨镇',
  figure: { total: 4, qualifier: 'about', status: 'unverified', newest_as_of: '2026-08-20T01:30:00Z', own_sources: ['水磨镇应急办'] } as unknown as Figure,
  point: { unit: '513221105000', lon: 103.4, lat: 30.9, source: 'captured', record_id: 'r', as_of: '2026-08-19T02:00:00Z', accuracy_m: 11.2 },
}

test('a point tells name, value, status, age, source, and where its position comes from', () => {
  expect(linesOf(unit, '死亡', NOW)).toEqual(['水磨镇', '死亡 约 4', '未核实 · 30 分钟前 · 水磨镇应急办报', '位置：报送时附上，24 小时前 · ±12 米'])
  const imported: PlacedUnit = { ...unit, point: { ...unit.point, source: 'imported', record_id: null, as_of: null, accuracy_m: null } }
  expect(linesOf(imported, '死亡', NOW)[3]).toBe('位置：导入')
})

test('no name becomes markup', () => {
  expect(htmlOf(['<img src=x>', '<b>1'])).toBe('<b>&lt;img src=x&gt;</b><br>&lt;b&gt;1')
})
