/** Light or dark: the device's choice until a person chooses. */
import { ref, watch } from 'vue'
import { keep, kept } from './keeping'

export type Theme = 'light' | 'dark'

const wish = kept('theme')
const device = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'

export const theme = ref<Theme>(wish === 'light' || wish === 'dark' ? wish : device)

/** What was read of the theme that holds; a drawing asks for a token hundreds of times. */
const tokens = new Map<string, string>()

// At once, so that whoever is told of the theme reads its tokens.
watch(
  theme,
  (now) => {
    tokens.clear()
    document.documentElement.setAttribute('data-theme', now)
  },
  { immediate: true, flush: 'sync' },
)

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  keep('theme', theme.value)
}

/** The value of a token (`--accent`) in the theme that holds, for what is drawn without CSS. */
export function token(name: string): string {
  void theme.value
  let value = tokens.get(name)
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim()
    tokens.set(name, value)
  }
  return value
}
