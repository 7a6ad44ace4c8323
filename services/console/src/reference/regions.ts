/** The reporting tree for people: names and parents; figures are summed by code prefix, never by it. */
export type Level = 'nation' | 'province' | 'prefecture' | 'county' | 'township' | 'village'

export interface Region {
  readonly code: string
  readonly name: string
  readonly level: Level
  readonly parent: string | null
}
export type RegionRow = readonly [code: string, name: string, level: Level, parent: string | null]

export const NATION = '000000000000'

const LEVELS: readonly (readonly [digits: number, level: Level])[] = [
  [0, 'nation'],
  [2, 'province'],
  [4, 'prefecture'],
  [6, 'county'],
  [9, 'township'],
  [12, 'village'],
]

/** The level that a code has by its zeros. */
export function levelOf(code: string): Level {
  return LEVELS.find(([digits]) => /^0*$/.test(code.slice(digits)))?.[1] ?? 'village'
}

/** The codes above a code by prefix, nearest first, the nation last. */
export function prefixesOf(code: string): string[] {
  return [9, 6, 4, 2, 0].map((digits) => code.slice(0, digits).padEnd(12, '0')).filter((each) => each !== code)
}

export class Regions {
  private readonly units = new Map<string, Region>()
  private readonly below = new Map<string, Region[]>()

  constructor(rows: readonly RegionRow[]) {
    this.add(rows)
  }

  /** Add units; a code that is known stays as it is. */
  add(rows: readonly RegionRow[]): void {
    for (const [code, name, level, parent] of rows) {
      if (this.units.has(code)) continue
      const region = { code, name, level, parent }
      this.units.set(code, region)
      if (parent === null) continue
      const siblings = this.below.get(parent)
      if (siblings) siblings.push(region)
      else this.below.set(parent, [region])
    }
  }

  /** The unit; one that the tree does not hold is called by its code and stands under the nearest that it holds. */
  get(code: string): Region {
    const known = this.units.get(code)
    if (known) return known
    const parent = prefixesOf(code).find((each) => this.units.has(each)) ?? null
    return { code, name: code, level: levelOf(code), parent }
  }

  children(code: string): readonly Region[] {
    return this.below.get(code) ?? []
  }

  /** From the nation to the unit itself. */
  path(code: string): Region[] {
    const found = [this.get(code)]
    while (found[0]!.parent !== null) found.unshift(this.get(found[0]!.parent))
    return found
  }
}

const DIGITS: Record<Level, number> = { nation: 0, province: 2, prefecture: 4, county: 6, township: 9, village: 12 }

/** The digits that a unit shares with all below it. */
export function prefixOf(code: string): string {
  return code.slice(0, DIGITS[levelOf(code)])
}
