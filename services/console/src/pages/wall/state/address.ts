/** What a wall is told by its address: ?world=Actual&incident=…&seconds=20&scene=map&theme=light; everything has a default. */
import type { World } from '@fenghuo/client/api'
import { SCENES, type Scene } from './rotation'

export interface WallAddress {
  readonly worlds: readonly World[]
  /** Only this one; null: all that are open. */
  readonly incident: string | null
  readonly seconds: number
  /** Only this one; null: all in turn. */
  readonly scene: Scene | null
}

const WORLDS: readonly World[] = ['Actual', 'Exercise', 'Test']
const [SECONDS, SHORTEST, LONGEST] = [15, 1, 600]

export function readAddress(search: string): WallAddress {
  const query = new URLSearchParams(search)
  const world = WORLDS.find((each) => each === query.get('world'))
  const seconds = Number(query.get('seconds') ?? SECONDS)
  return {
    worlds: world ? [world] : ['Actual', 'Exercise'],
    incident: query.get('incident'),
    seconds: Number.isFinite(seconds) ? Math.min(LONGEST, Math.max(SHORTEST, seconds)) : SECONDS,
    scene: SCENES.find((each) => each === query.get('scene')) ?? null,
  }
}
