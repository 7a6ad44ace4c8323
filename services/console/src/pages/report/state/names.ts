/** What indicators, units and findings are called. */
import { language, type Values } from '../../../language/language'
import { number } from '../../../language/moments'
import type { Indicator } from '../../../reference/reference'
import type { Regions } from '../../../reference/regions'
import type { Finding } from '../forms/checks'
import { t, word } from '../words'
import type { ChosenUnit, Reporter } from './reporter'

export function figureName(key: string, indicators: ReadonlyMap<string, Indicator>): string {
  const indicator = indicators.get(key)
  if (indicator === undefined) return key
  if (language.value === 'zh') return indicator.zh
  return indicator.en.charAt(0).toUpperCase() + indicator.en.slice(1)
}

export function measureName(measure: string): string {
  return word('unit', measure)
}

/** As the tree calls it, else as it was called when it was chosen: townships of other provinces are not loaded. */
export function unitName(code: string, regions: Regions, reporter: Reporter): string {
  const { name } = regions.get(code)
  if (name !== code) return name
  return [reporter.unit, ...reporter.recent].find((unit) => unit?.code === code)?.name ?? code
}

/** Its name; while nobody named it, place and day from its id (domain.md 6.2); else the id. */
export function incidentName(id: string, name: string | null, regions: Regions): string {
  if (name) return name
  const parts = /(?:^|-)\d{6}-(\d{6})-(\d{4})(\d{2})(\d{2})-\d+$/.exec(id)
  const place = parts ? regions.get(`${parts[1]}000000`) : null
  if (!parts || !place || place.name === place.code) return t('incident_unnamed')
  return t('incident_of', { place: place.name, date: `${parts[2]}-${parts[3]}-${parts[4]}` })
}

export function chosen(code: string, regions: Regions): ChosenUnit {
  const path = regions.path(code)
  return { code, name: path.at(-1)!.name, above: path.slice(1, -1).map(({ name }) => name).join(' ') }
}

export function sayFinding(finding: Finding, indicators: ReadonlyMap<string, Indicator>, nameOf: (unit: string) => string, several: boolean): string {
  const names = (finding.keys ?? []).map((key) => figureName(key, indicators))
  const numbers = Object.fromEntries(Object.entries(finding.values ?? {}).map(([name, value]) => [name, typeof value === 'number' ? number(value) : value]))
  const unit = several && finding.unit !== undefined ? `${nameOf(finding.unit)} ` : ''
  const values: Values = { unit, figures: names.join(t('list_separator')), part: names[0] ?? '', whole: names[1] ?? '', ...numbers }
  const key = `${finding.severity === 'error' ? 'err' : 'warn'}_${finding.code}`
  return t.has(key) ? t(key, values) : finding.code
}
