/** A chart in an element: drawn when its options change, never outside of its size, cleared with its component. */
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { onMounted, onUnmounted, shallowRef, watch, type Ref } from 'vue'
import { theme } from '../../../design/theme'

/** Drawing costs far more than a number on the page: a chart is drawn at most this often. */
export const REDRAW_MS = 1000

export function useChart(element: Ref<HTMLElement | undefined>, options: () => EChartsCoreOption | null) {
  const chart = shallowRef<EChartsType>()
  const failed = shallowRef(false)
  let watching: ResizeObserver | undefined
  let gone = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let drawnAt = -REDRAW_MS

  onMounted(async () => {
    try {
      const { echarts } = await import('./echarts')
      if (gone || !element.value) return
      chart.value = echarts.init(element.value)
    } catch (error) {
      console.warn('chart', error)
      failed.value = true
      return
    }
    watching = new ResizeObserver(() => chart.value?.resize())
    watching.observe(element.value)
  })
  watch([chart, options, theme], () => {
    if (!chart.value || timer !== undefined) return
    // The first one of a burst at once, the rest as one.
    if (performance.now() - drawnAt >= REDRAW_MS) draw()
    else timer = setTimeout(draw, REDRAW_MS)
  })

  function draw(): void {
    timer = undefined
    drawnAt = performance.now()
    const now = options()
    if (now) chart.value?.setOption(now, { notMerge: true })
    else chart.value?.clear()
  }

  onUnmounted(() => {
    gone = true
    clearTimeout(timer)
    watching?.disconnect()
    chart.value?.dispose()
  })
  return { chart, failed }
}
