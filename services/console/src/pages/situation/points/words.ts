import { defineWords } from '../../../language/language'

/** Words about townships as points. */
export const t = defineWords({
  zh: {
    legend: '乡镇（点）',
    list: '图上的 {n} 个乡镇点。方向键逐个查看，回车选定。',
    none: '无坐标：{n} 个乡镇',
    failed: '坐标没有读到，正在重试',
    source_imported: '位置：导入',
    source_captured: '位置：报送时附上，{ago}',
    accuracy: '±{m} 米',
    by: '{who}报',
    attribution: '点：{who}',
    attribution_captured: '点：报送时附上的位置',
    separator: '，',
  },
  en: {
    legend: 'Townships (points)',
    list: '{n} townships as points on the map. Arrow keys go through them, Enter chooses one.',
    none: 'No position: {n} townships',
    failed: 'Positions could not be read; trying again',
    source_imported: 'Position: imported',
    source_captured: 'Position: attached to a report {ago}',
    accuracy: '±{m} m',
    by: 'reported by {who}',
    attribution: 'Points: {who}',
    attribution_captured: 'Points: places attached to reports',
    separator: ', ',
  },
})
