/** The parts of ECharts that are used; loaded only when something is drawn. */
import { LineChart, LinesChart, MapChart, ScatterChart } from 'echarts/charts'
import { GeoComponent, GridComponent, TooltipComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

echarts.use([LineChart, LinesChart, MapChart, ScatterChart, GeoComponent, GridComponent, TooltipComponent, CanvasRenderer])

export { echarts }
