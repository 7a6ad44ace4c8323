/** What stands beside a figure's number: how it changed, and of when it is. */
import type { Figure } from '@fenghuo/client/contract'
import { change, dayTime } from '../../../language/moments'
import { t } from '../words'

export interface Delta {
  readonly text: string
  readonly direction: 'new' | 'none' | 'up' | 'down'
}

/** `before`: the total at the chosen time; null: none then; undefined: not known. */
export function deltaOf(figure: Figure | undefined, before: number | null | undefined): Delta | null {
  if (figure === undefined || before === undefined) return null
  if (before === null) return { text: t('change_new'), direction: 'new' }
  const difference = figure.total - before
  if (difference === 0) return { text: t('change_none'), direction: 'none' }
  return { text: `${difference > 0 ? '▲' : '▼'} ${change(difference)}`, direction: difference > 0 ? 'up' : 'down' }
}

/** Oldest to newest time that its parts are of. */
export function asOfOf({ oldest_as_of, newest_as_of }: Figure): string {
  const [oldest, newest] = [dayTime(oldest_as_of), dayTime(newest_as_of)]
  return newest === oldest ? t('as_of', { at: newest }) : t('as_of_range', { oldest, newest })
}
