import { describe, expect, it } from 'vitest'
import { next, SCENES, settled, START } from './rotation'

describe('the rotation', () => {
  it('shows every scene of every incident in turn, then begins again', () => {
    const seen: string[] = []
    let shown = settled(START, ['a', 'b'])
    for (let turn = 0; turn < 2 * SCENES.length; turn++) {
      seen.push(`${shown.incident} ${shown.scene}`)
      shown = next(shown, ['a', 'b'])
    }
    expect(seen).toEqual(['a', 'b'].flatMap((incident) => SCENES.map((scene) => `${incident} ${scene}`)))
    expect(shown).toEqual({ incident: 'a', scene: 'figures' })
  })

  it('keeps what is shown when incidents come and go around it', () => {
    const shown = { incident: 'b', scene: 'map' } as const
    expect(settled(shown, ['new', 'b'])).toBe(shown)
  })

  it('goes to the first when the one shown is over, and to nothing when all are', () => {
    expect(settled({ incident: 'b', scene: 'map' }, ['a'])).toEqual({ incident: 'a', scene: 'figures' })
    expect(settled({ incident: 'b', scene: 'map' }, [])).toEqual({ incident: null, scene: 'figures' })
    expect(next({ incident: null, scene: 'figures' }, [])).toEqual({ incident: null, scene: 'figures' })
  })

  it('goes round and round with one incident', () => {
    expect(next({ incident: 'a', scene: 'records' }, ['a'])).toEqual({ incident: 'a', scene: 'figures' })
  })
})
