/** What differs between two moments, unit by unit and figure by figure. Pure. */
import type { Figure } from '@fenghuo/client/contract'
import type { Units } from './past'

export interface Difference {
  readonly unit: string
  readonly key: string
  /** undefined: no figure then. */
  readonly then: Figure | undefined
  readonly now: Figure | undefined
  /** Of the totals; a figure that is not there counts as nothing. */
  readonly change: number
}

/** Figures whose total, status or qualifier differ, by unit code, then in the order of `keys`; others last. */
export function differences(then: Units, now: Units, keys: readonly string[]): Difference[] {
  const rank = new Map(keys.map((key, at) => [key, at]))
  const found: Difference[] = []
  for (const unit of [...new Set([...then.keys(), ...now.keys()])].sort()) {
    const [before, after] = [then.get(unit)?.figures ?? {}, now.get(unit)?.figures ?? {}]
    const both = [...new Set([...Object.keys(before), ...Object.keys(after)])]
    both.sort((one, other) => (rank.get(one) ?? Infinity) - (rank.get(other) ?? Infinity) || one.localeCompare(other))
    for (const key of both) {
      const [was, is] = [before[key], after[key]]
      if (was?.total === is?.total && was?.status === is?.status && was?.qualifier === is?.qualifier) continue
      // Totals have at most four decimals: the difference of two binary numbers is brought back to them.
      found.push({ unit, key, then: was, now: is, change: Math.round(((is?.total ?? 0) - (was?.total ?? 0)) * 1e4) / 1e4 })
    }
  }
  return found
}
