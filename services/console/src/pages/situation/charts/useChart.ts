/** A chart in an element: drawn when its options change, never outside of its size, cleared with its component. */
import type { EChartsCoreOption, EChartsType } from 'echarts/core'
import { onMounted, onUnmounted, shallowRef, watch, type Ref } from 'vue'
import { theme } from '../../../design/theme'

export function useChart(element: Ref<HTMLElement | undefined>, options: () => EChartsCoreOption | null) {
  const chart = shallowRef<EChartsType>()
  const failed = shallowRef(false)
  let watching: ResizeObserver | undefined
  let gone = false

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
  watch([chart, options, theme], ([drawn, now]) => {
    if (!drawn) return
    if (now) drawn.setOption(now, { notMerge: true })
    else drawn.clear()
  })
  onUnmounted(() => {
    gone = true
    watching?.disconnect()
    chart.value?.dispose()
  })
  return { chart, failed }
}
