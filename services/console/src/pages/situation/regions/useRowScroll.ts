/** Rows of one height, of which only those in sight are in the document, and the keys that move among them. */
import { computed, nextTick, onMounted, onUnmounted, ref, type Ref } from 'vue'
import { rem } from '../../../design/rem'

/** rem; `--row` in tokens.css. */
const ROW = 2.125
/** Rows kept beyond either edge. */
const AHEAD = 8

export function useRowScroll(scroller: Ref<HTMLElement | undefined>, count: () => number) {
  const top = ref(0)
  const size = ref({ width: 700, height: 400 })
  const focused = ref(0)
  /** Pixels. */
  const row = computed(() => ROW * rem.value)
  const first = computed(() => Math.max(0, Math.floor(top.value / row.value) - AHEAD))
  const end = computed(() => Math.ceil((top.value + size.value.height) / row.value) + AHEAD)

  /** Where a key leads; null: it does not move. */
  function jump(key: string): number | null {
    const last = count() - 1
    const page = Math.max(1, Math.floor(size.value.height / row.value) - 2)
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -last, End: last }
    const step = steps[key]
    return step === undefined ? null : Math.min(last, Math.max(0, focused.value + step))
  }

  async function focus(index: number): Promise<void> {
    if (index < 0) return
    focused.value = index
    const box = scroller.value!
    if (index * row.value < box.scrollTop) box.scrollTop = index * row.value
    // The heading, as high as a row, stays at the top of the box.
    const bottom = (index + 2) * row.value
    if (bottom > box.scrollTop + size.value.height) box.scrollTop = bottom - size.value.height
    top.value = box.scrollTop
    await nextTick()
    box.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true })
  }

  let watching: ResizeObserver
  onMounted(() => {
    watching = new ResizeObserver(([entry]) => (size.value = { width: entry!.contentRect.width, height: entry!.contentRect.height }))
    watching.observe(scroller.value!)
  })
  onUnmounted(() => watching.disconnect())

  return { row, top, size, focused, first, end, jump, focus }
}
