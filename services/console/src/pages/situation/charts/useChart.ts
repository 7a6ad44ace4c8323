/** A chart in an element: drawn when its options change, never outside of its size, cleared with its component. */
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { onMounted, onUnmounted, shallowRef, watch, type Ref } from 'vue'
import { theme } from '../../../design/theme'

/** Drawing costs far more than a number on the page: a chart is drawn at most this often. */
export const REDRAW_MS = 1000

/**
 * `frame`: everything but what changes with the figures; a new one is drawn from nothing, null clears the chart.
 * `content` is merged into it, so that what a person zoomed or moved stays as it was. The element has `data-drawn` while
 * what is wanted of it is to be seen.
 */
export function useChart(element: Ref<HTMLElement | undefined>, frame: () => EChartsCoreOption | null, content: () => EChartsCoreOption) {
  const chart = shallowRef<EChartsType>()
  const failed = shallowRef(false)
  let watching: ResizeObserver | undefined
  let gone = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let drawnAt = -REDRAW_MS
  let drawn: EChartsCoreOption | null = null

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
    chart.value.on('finished', () => {
      if (drawn !== null && drawn === frame()) element.value?.setAttribute('data-drawn', '')
    })
    watching = new ResizeObserver(() => chart.value?.resize())
    watching.observe(element.value)
  })
  // In a task of its own even when it is due: the page's redrawing and two charts in one task would block for longer.
  watch([chart, frame, content, theme], () => {
    if (frame() !== drawn) element.value?.removeAttribute('data-drawn')
    if (chart.value) timer ??= setTimeout(draw, Math.max(0, drawnAt + REDRAW_MS - performance.now()))
  })

  function draw(): void {
    timer = undefined
    drawnAt = performance.now()
    const wanted = frame()
    if (wanted === null) chart.value?.clear()
    else {
      if (wanted !== drawn) chart.value?.setOption(wanted, { notMerge: true, lazyUpdate: true })
      chart.value?.setOption(content())
    }
    drawn = wanted
  }

  onUnmounted(() => {
    gone = true
    clearTimeout(timer)
    watching?.disconnect()
    chart.value?.dispose()
  })
  return { chart, failed }
}
