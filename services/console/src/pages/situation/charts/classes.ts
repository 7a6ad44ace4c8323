/** Classes of a choropleth: few, of round numbers, from 1 to the greatest; zero is a class of its own. Pure. */
export interface ValueClass {
  readonly from: number
  readonly to: number
  /** 0 (zero) to 5. */
  readonly step: number
}

export const STEPS = 5

export function classesOf(values: readonly number[]): ValueClass[] {
  const positive = [...new Set(values.filter((value) => value > 0))].sort((a, b) => a - b)
  const zero: ValueClass[] = values.some((value) => value === 0) ? [{ from: 0, to: 0, step: 0 }] : []
  const greatest = positive.at(-1)
  if (greatest === undefined) return zero
  const bounds = [...new Set(Array.from({ length: STEPS - 1 }, (_, at) => round(greatest ** ((at + 1) / STEPS))))].filter((bound) => bound < greatest)
  const classes: ValueClass[] = []
  let from = 0
  for (const to of [...bounds, greatest]) {
    if (positive.some((value) => value > from && value <= to)) classes.push({ from, to, step: classes.length + 1 })
    from = to
  }
  // Few classes still reach the strongest colour.
  const shift = (step: number) => (classes.length === 1 ? 4 : 1 + Math.round(((step - 1) * (STEPS - 1)) / (classes.length - 1)))
  return [...zero, ...classes.map((each) => ({ ...each, step: shift(each.step) }))]
}

/** The class of a value: greater than `from`, at most `to`. */
export function classOf(value: number, classes: readonly ValueClass[]): ValueClass | undefined {
  return classes.find(({ from, to, step }) => (step === 0 ? value === 0 : value > from && value <= to))
}

function round(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const leading = [1, 2, 5, 10].find((each) => each >= value / power) ?? 10
  return Math.max(1, leading * power)
}
