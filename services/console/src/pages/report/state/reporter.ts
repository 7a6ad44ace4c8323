/** Who reports, for which unit, in which incident and world: chosen once, remembered on the device, always shown. */
import { reactive, watch } from 'vue'
import { keep, kept } from '../../../design/keeping'
import type { World } from '../../../outbox/items'
import { levelOf } from '../../../reference/regions'

export const CLASSES = ['official_stat', 'grid', 'command_post'] as const
export type ReporterClass = (typeof CLASSES)[number]

export interface ChosenUnit {
  readonly code: string
  readonly name: string
  /** Names of the units above it, for the eye. */
  readonly above: string
}

export interface Reporter {
  org: string
  class: ReporterClass
  unit: ChosenUnit | null
  /** Chosen before, newest first. */
  recent: ChosenUnit[]
  /** null: not chosen; there is no default, so that nobody reports a drill as a disaster or the other way round. */
  world: World | null
  incident: { readonly id: string; readonly name: string | null; readonly occurredAt?: string | null } | null
}

const RECENT = 6
const ID = /^[A-Za-z0-9._-]{1,64}$/

export function useReporter(): Reporter {
  const reporter = reactive<Reporter>(remembered())
  watch(reporter, (now) => keep('reporter', JSON.stringify(now)), { deep: true })
  return reporter
}

export function chooseUnit(reporter: Reporter, unit: ChosenUnit): void {
  reporter.unit = unit
  rememberUnit(reporter, unit)
}

export function rememberUnit(reporter: Reporter, unit: ChosenUnit): void {
  reporter.recent = [unit, ...reporter.recent.filter(({ code }) => code !== unit.code)].slice(0, RECENT)
}

export function isComplete(reporter: Reporter): boolean {
  return reporter.world !== null && reporter.incident !== null && reporter.unit !== null && isOrg(reporter.org)
}

export function isOrg(org: string): boolean {
  return org.trim() !== '' && org.trim().length <= 100
}

export function isIncidentId(id: string): boolean {
  return ID.test(id)
}

/** The `source` of its records. Grid workers stand for a village, whatever unit they name. */
export function sourceOf(reporter: Reporter): { org: string; class: ReporterClass; level: string } {
  const level = reporter.class === 'grid' ? 'village' : levelOf(reporter.unit?.code ?? '')
  return { org: reporter.org.trim(), class: reporter.class, level }
}

function remembered(): Reporter {
  const empty: Reporter = { org: '', class: 'official_stat', unit: null, recent: [], world: null, incident: null }
  try {
    return { ...empty, ...(JSON.parse(kept('reporter') ?? '{}') as Partial<Reporter>) }
  } catch {
    return empty // written by something else
  }
}
