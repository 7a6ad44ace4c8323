/** What the wall shows next: the scenes of an incident, then the next incident's. Pure. */
export const SCENES = ['figures', 'map', 'records'] as const
export type Scene = (typeof SCENES)[number]

export interface Shown {
  /** Key of the incident; null: there is none. */
  readonly incident: string | null
  readonly scene: Scene
}

export const START: Shown = { incident: null, scene: 'figures' }

/** After a turn. `incidents`: keys in their order; one that is gone gives way to the first. */
export function next(shown: Shown, incidents: readonly string[]): Shown {
  const at = shown.incident === null ? -1 : incidents.indexOf(shown.incident)
  if (at === -1) return { incident: incidents[0] ?? null, scene: 'figures' }
  const scene = SCENES[SCENES.indexOf(shown.scene) + 1]
  return scene ? { incident: shown.incident, scene } : { incident: incidents[(at + 1) % incidents.length]!, scene: 'figures' }
}

/** When the incidents changed: what is shown stays as long as there is something to it. */
export function settled(shown: Shown, incidents: readonly string[]): Shown {
  return shown.incident !== null && incidents.includes(shown.incident) ? shown : next({ ...shown, incident: null }, incidents)
}
