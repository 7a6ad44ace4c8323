/** Which units of the tree are open; the townships of a county are fetched when it is opened. */
import { computed, shallowRef, watch } from 'vue'
import { NATION, prefixesOf } from '../../../reference/regions'
import type { Context } from './context'

export function useExpanded({ address, picture, reference }: Pick<Context, 'address' | 'picture' | 'reference'>) {
  const expanded = shallowRef<ReadonlySet<string>>(new Set([NATION]))

  function toggle(code: string, open = !expanded.value.has(code)): void {
    const next = new Set(expanded.value)
    if (open) next.add(code)
    else next.delete(code)
    expanded.value = next
    if (open && reference.regions.value.get(code).level === 'county') reveal(code)
  }

  /** A county's townships: their names and their figures. */
  function reveal(code: string): void {
    picture.openCounty(code)
    reference.townshipsOf(code.slice(0, 2)).catch((error: unknown) => console.warn('townships', error))
  }

  /** Every unit open, with all townships. */
  async function openAll(): Promise<void> {
    picture.allTownships.value = true
    const children = (code: string) => reference.regions.value.children(code)
    // 港澳台 have no units below in the edition.
    const provinces = children(NATION).filter((region) => children(region.code).length > 0).map((region) => region.code.slice(0, 2))
    await Promise.allSettled(provinces.map((province) => reference.townshipsOf(province)))
    const all = new Set([NATION])
    const visit = (code: string) => children(code).forEach((region) => (all.add(region.code), visit(region.code)))
    visit(NATION)
    expanded.value = new Set([...all, ...picture.units.value.keys()])
  }

  /** Only the nation is left open. */
  function closeAll(): void {
    expanded.value = new Set([NATION])
  }

  watch(
    [() => address.unit, () => address.incident],
    ([unit]) => {
      expanded.value = new Set([...expanded.value, ...prefixesOf(unit), unit])
      for (const region of reference.regions.value.path(unit)) if (region.level === 'county') reveal(region.code)
    },
    { immediate: true },
  )

  // Where an incident has only one way down, it is open from the start.
  const onlyWayDown = computed(() => {
    const below = new Map<string, string[]>()
    for (const code of picture.units.value.keys()) {
      const { parent } = reference.regions.value.get(code)
      if (parent !== null) below.set(parent, [...(below.get(parent) ?? []), code])
    }
    const way = [NATION]
    for (let next = below.get(NATION); next?.length === 1; next = below.get(next[0]!)) way.push(next[0]!)
    return way
  })
  watch(
    [() => address.incident, () => onlyWayDown.value.length > 1],
    ([, found]) => {
      if (found) for (const code of onlyWayDown.value) toggle(code, true)
    },
    { immediate: true },
  )

  return { expanded, toggle, openAll, closeAll }
}
