import { defineWords } from '../../language/language'

/** The situation page's words. */
export const t = defineWords({
  zh: {
    title: '烽火 · 态势',
    product: '烽火',
    situation: '态势',
  },
  en: {
    title: 'Fenghuo · Situation',
    product: 'Fenghuo',
    situation: 'Situation',
  },
})
