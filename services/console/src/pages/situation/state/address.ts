/** What the page looks at, kept in the address bar, so that a link shows another person the same. */
import type { World } from '@fenghuo/client/api'
import { reactive, watch } from 'vue'
import { NATION } from '../../../reference/regions'

export const WORLDS: readonly World[] = ['Actual', 'Exercise', 'Test']

export interface Address {
  world: World
  /** The incident; null: none chosen. */
  incident: string | null
  /** The unit whose figures are shown. */
  unit: string
  /** The figure on the map, in the trend and first in the tree. */
  key: string
  /** Look at what was known at this moment, RFC 3339; null: now. */
  at: string | null
  /** Compare with what was known at this one; null: with none. */
  against: string | null
}

export function useAddress(): Address {
  const address = reactive<Address>(read())
  watch(
    () => write(address),
    (search) => history.replaceState(null, '', search),
  )
  return address
}

function read(): Address {
  const query = new URLSearchParams(location.search)
  const unit = query.get('unit') ?? ''
  return {
    world: WORLDS.find((world) => world === query.get('world')) ?? 'Actual',
    incident: query.get('incident'),
    unit: /^\d{12}$/.test(unit) ? unit : NATION,
    key: query.get('key') ?? 'dead',
    at: moment(query.get('at')),
    against: moment(query.get('against')),
  }
}

function write(address: Address): string {
  const query = new URLSearchParams({ world: address.world })
  if (address.incident !== null) query.set('incident', address.incident)
  if (address.unit !== NATION) query.set('unit', address.unit)
  query.set('key', address.key)
  if (address.at !== null) query.set('at', address.at)
  if (address.against !== null) query.set('against', address.against)
  return `?${query}`
}

function moment(text: string | null): string | null {
  return text !== null && !Number.isNaN(Date.parse(text)) ? text : null
}
