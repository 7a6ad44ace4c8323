/** The points as ECharts is told them: coloured by the classes of the areas, the greater the class the larger. */
import { token } from '../../../design/theme'
import { STEPS } from '../charts/classes'
import type { PointLook } from './points'

export const POINTS = 'points'
/** Its place among the map's series: the lines come first. */
export const POINTS_INDEX = 1

const SMALLEST = 10
const STEP = 2

/** `tip`: HTML of a point's tooltip. */
export function pointSeries(looks: readonly PointLook[], tip: (code: string) => string) {
  return {
    id: POINTS,
    type: 'scatter',
    coordinateSystem: 'geo',
    z: 5,
    cursor: 'pointer',
    emphasis: { scale: 1.3, itemStyle: { borderColor: token('--accent'), borderWidth: 3 }, label: { show: true } },
    labelLayout: { hideOverlap: true },
    tooltip: { formatter: ({ name }: { name: string }) => tip(name) },
    data: looks.map(({ code, name, lon, lat, step, chosen }) => ({
      name: code,
      value: [lon, lat],
      symbolSize: SMALLEST + STEP * (step ?? 0) + (chosen ? 2 * STEP : 0),
      itemStyle: { color: color(step), borderColor: token(chosen ? '--accent' : '--text'), borderWidth: chosen ? 3 : 1.2, opacity: 1 },
      label: { show: chosen || (step ?? 0) > 0, formatter: name, position: 'right', color: token('--text'), fontSize: 11, fontWeight: chosen ? 'bold' : 'normal', textBorderColor: token('--surface'), textBorderWidth: 2 },
    })),
  }
}

function color(step: number | null): string {
  if (step === null) return token('--ramp-none')
  return step === 0 ? token('--surface') : token(`--ramp-${Math.min(STEPS, step)}`)
}
