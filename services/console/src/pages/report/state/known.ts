/** What is known of units: their own figures as the server said last, and above them what waits in this outbox. */
import type { Situation } from '@fenghuo/client/api'
import { ApiError, type Api } from '@fenghuo/client/api'
import { computed, shallowReactive, watch, type ComputedRef } from 'vue'
import type { OutboxItem } from '../../../outbox/items'
import { amountIn, type Known, type KnownValue } from '../forms/checks'
import { draftOf } from '../forms/drafts'
import type { KeptAnswers } from './keeping'
import type { Reporter } from './reporter'

type Figures = ReadonlyMap<string, KnownValue>

export interface KnownFigures {
  readonly all: ComputedRef<Known>
  /** Have what the server knows of these units, now and after every change of incident and world. */
  want(units: readonly string[]): void
  refresh(): void
}

export function useKnownFigures(api: Api, answers: KeptAnswers, reporter: Reporter, items: () => readonly OutboxItem[]): KnownFigures {
  const told = shallowReactive(new Map<string, Figures>())
  let wanted: readonly string[] = []

  watch([() => reporter.incident?.id, () => reporter.world], () => {
    told.clear()
    refresh()
  })
  // What was judged since changes the figures that the next report starts from.
  watch(() => items().map(({ outcome }) => outcome?.version ?? 0).join(), refresh)

  function want(units: readonly string[]): void {
    const fresh = units.filter((unit) => !wanted.includes(unit))
    wanted = units
    for (const unit of fresh) void ask(unit)
  }

  function refresh(): void {
    for (const unit of wanted) void ask(unit)
  }

  async function ask(unit: string): Promise<void> {
    const { incident, world } = reporter
    if (incident === null || world === null) return
    const situation = () => api.situation(incident.id, { unit, status: world, depth: 0 }).then(ownFigures, nothingYet)
    try {
      const figures = await answers.fresh(`known|${world}|${incident.id}|${unit}`, situation)
      if (reporter.incident?.id === incident.id && reporter.world === world) told.set(unit, new Map(figures))
    } catch (error) {
      console.warn('known figures', error) // no network and never asked: the form starts empty
    }
  }

  return {
    all: computed(() => new Map([...new Set([...told.keys(), ...wanted])].map((unit) => [unit, above(told.get(unit), pendingOf(items(), reporter, unit))]))),
    want,
    refresh,
  }
}

function ownFigures(situation: Situation): [string, KnownValue][] {
  return Object.entries(situation.figures).flatMap(([key, { own, newest_as_of }]) => (own === null ? [] : [[key, { value: own, as_of: newest_as_of, pending: false }]]))
}

/** An incident that the server has not heard of has no figures. */
function nothingYet(error: unknown): [string, KnownValue][] {
  if (error instanceof ApiError && error.status === 404) return []
  throw error
}

function above(told: Figures | undefined, pending: Figures): Figures {
  return new Map([...(told ?? []), ...pending])
}

/** Values of this outbox that are not judged yet, the newest of each. `items`: newest first. */
export function pendingOf(items: readonly OutboxItem[], reporter: Pick<Reporter, 'incident' | 'world'>, unit: string): Figures {
  const found = new Map<string, KnownValue>()
  for (const { record, state, outcome } of items) {
    if (state === 'refused' || outcome !== null || record.incident_id !== reporter.incident?.id || record.status !== reporter.world) continue
    if (record.type !== 'loss_report' && record.type !== 'correction') continue
    for (const row of record.rows as { unit: string; values: { [key: string]: unknown } }[]) {
      if (row.unit !== unit) continue
      for (const [key, value] of Object.entries(row.values)) {
        const amount = amountIn(draftOf(value))
        if (amount !== null && !found.has(key)) found.set(key, { value: amount, as_of: record.as_of, pending: true })
      }
    }
  }
  return found
}
