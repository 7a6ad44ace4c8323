/** What the region tree shows: its rows in the chosen order, and as many figures as there is room for. */
import { computed, ref, shallowRef, type Ref } from 'vue'
import { rem } from '../../../design/rem'
import { ago, number } from '../../../language/moments'
import { NATION } from '../../../reference/regions'
import { t } from '../words'
import type { Context } from './context'
import { CORE, figureName } from './figures'
import { treeRows, type Order, type TreeQuery } from './tree-rows'

/** rem. */
export const NAME_WIDTH = 10
export const COLUMN_WIDTH = 4.75
/** Narrower than this there is no room for the times. */
const NARROW = 28.75

type Units = TreeQuery['units']

/** `width`: pixels that the table has. */
export function useTreeTable({ address, picture, reference, view }: Pick<Context, 'address' | 'picture' | 'reference' | 'view'>, expanded: Ref<ReadonlySet<string>>, width: () => number) {
  const room = computed(() => width() / rem.value)
  const everything = ref(false)
  const filter = ref('')
  const order = shallowRef<Order>({ column: 'name', descending: false })

  /** Which units there are: the same object until one comes or goes, so that 41,352 rows are not laid out for a figure. */
  const bare = computed<Units>((before) => {
    const { value: units } = picture.units
    const same = before?.size === units.size && [...units.keys()].every((code) => before.has(code))
    return same ? before : new Map([...units.keys()].map((code) => [code, { figures: {} }]))
  })
  const rows = computed(() =>
    treeRows({
      regions: reference.regions.value,
      units: order.value.column === 'name' ? bare.value : picture.units.value,
      expanded: expanded.value,
      everything: everything.value,
      order: order.value,
      key: address.key,
      filter: filter.value.trim(),
    }),
  )

  // The chosen figure, then as many of the others as there is room for.
  const totals = computed(() => {
    const reported = picture.units.value.get(NATION)?.figures ?? {}
    const most = Math.max(1, Math.floor((room.value - NAME_WIDTH) / COLUMN_WIDTH) - 2)
    return [...new Set([address.key, ...CORE.filter((key) => key in reported)])].slice(0, most).join()
  })
  const columns = computed(() => {
    const [chosen, ...others] = totals.value.split(',').map((key) => ({ column: key, label: figureName(key, reference.indicators) }))
    const asOf = room.value < NARROW ? [] : [{ column: 'as_of', label: t('column_as_of') }]
    return [{ column: 'name', label: t('column_name') }, chosen!, { column: 'own', label: t('own') }, ...others, ...asOf]
  })

  function cell(code: string, column: string): string {
    const figures = picture.units.value.get(code)?.figures
    if (column === 'as_of') return figures?.[address.key] ? ago(figures[address.key]!.newest_as_of, view.now.value) : ''
    if (column === 'own') return figures?.[address.key]?.own != null ? number(figures[address.key]!.own!) : '–'
    return figures?.[column] ? number(figures[column].total) : '–'
  }

  function sort(column: string): void {
    const again = order.value.column === column
    order.value = { column, descending: again ? !order.value.descending : column !== 'name' }
  }

  return { everything, filter, order, rows, columns, cell, sort }
}
