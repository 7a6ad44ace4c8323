/** Light or dark: the device's choice until a person chooses. */
import { ref, watchEffect } from 'vue'
import { keep, kept } from './keeping'

export type Theme = 'light' | 'dark'

const wish = kept('theme')
const device = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'

export const theme = ref<Theme>(wish === 'light' || wish === 'dark' ? wish : device)

watchEffect(() => document.documentElement.setAttribute('data-theme', theme.value))

export function switchTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark'
  keep('theme', theme.value)
}

/** The value of a token (`--accent`) as it is now, for what is drawn without CSS. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim()
}
