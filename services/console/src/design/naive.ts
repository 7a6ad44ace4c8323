/** Naive UI in the words of tokens.css. */
import type { GlobalThemeOverrides } from 'naive-ui'
import { token, type Theme } from './theme'

/** `theme`: which one holds now; the tokens are read after it took effect. */
export function naiveTheme(_theme: Theme): GlobalThemeOverrides {
  return {
    common: {
      fontFamily: token('--font'),
      primaryColor: token('--accent'),
      primaryColorHover: token('--accent'),
      textColorBase: token('--text'),
      textColor1: token('--text'),
      textColor2: token('--text'),
      textColor3: token('--text-soft'),
      modalColor: token('--surface'),
      cardColor: token('--surface'),
      borderColor: token('--line'),
      dividerColor: token('--line'),
      closeIconColor: token('--text'),
      borderRadius: token('--radius'),
    },
  }
}
