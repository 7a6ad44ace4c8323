/** The choropleth as ECharts is told it: what stays while one looks at a place, and how each area looks. */
import { rem } from '../../../design/rem'
import { token } from '../../../design/theme'
import { albers, boundsOf, type LineKind, type MapFile } from './map-data'
import { STEPS } from './classes'

const LINE: Record<LineKind, { token: string; width: number; type: 'solid' | 'dashed' }> = {
  nine_dash_line: { token: '--map-border', width: 2, type: 'solid' },
  undetermined_border: { token: '--map-border', width: 1.5, type: 'dashed' },
  prefecture_border: { token: '--map-border', width: 1.2, type: 'solid' },
  unassigned: { token: '--map-line', width: 1, type: 'solid' },
}

/** How an area looks. It changes far more seldom than its figure does, so that a map is drawn far more seldom. */
export interface Look {
  readonly code: string
  /** Class of its figure, 0 to STEPS; null: it has none. */
  readonly step: number | null
  readonly named: boolean
  readonly chosen: boolean
}

/** `prefix`: digits of the areas to fill the frame with; null: all. `tip`: HTML of an area's tooltip. */
export function mapFrame(map: MapFile, prefix: string | null, tip: (code: string) => string) {
  const national = map.name === 'nation'
  const bounds = national || prefix === null ? null : boundsOf(map, prefix)
  const middle = bounds ? (bounds[0][1] + bounds[1][1]) / 2 : 33
  return {
    animation: false,
    tooltip: { confine: true, backgroundColor: token('--surface'), borderColor: token('--line'), textStyle: { color: token('--text'), fontSize: 0.875 * rem.value } },
    geo: {
      map: map.name,
      nameProperty: 'code',
      roam: true,
      scaleLimit: { min: 0.8, max: 30 },
      ...(national ? { projection: albers } : { aspectScale: Math.cos((middle * Math.PI) / 180) }),
      ...(bounds ? { boundingCoords: [[bounds[0][0], bounds[1][1]], [bounds[1][0], bounds[0][1]]] } : {}),
      layoutCenter: ['50%', '50%'],
      layoutSize: '100%',
      itemStyle: { areaColor: token('--ramp-none'), borderColor: token('--map-line'), borderWidth: 0.6 },
      emphasis: { label: { show: true, color: token('--text'), fontSize: 0.8125 * rem.value }, itemStyle: { areaColor: token('--accent-soft'), borderColor: token('--accent'), borderWidth: 1.6 } },
      label: { show: false },
      tooltip: { show: true, formatter: ({ name }: { name: string }) => tip(name) },
    },
    series: [
      {
        type: 'lines',
        coordinateSystem: 'geo',
        polyline: true,
        silent: true,
        data: map.lines.map(({ kind, coords }) => ({ coords, lineStyle: { color: token(LINE[kind].token), width: LINE[kind].width, type: LINE[kind].type, opacity: 1 } })),
      },
    ],
  }
}

/** The areas, for the frame to be given. */
export function mapContent(map: MapFile, looks: readonly Look[]) {
  const names = new Map(map.areas.features.map(({ properties }) => [properties.code, properties.name ?? '']))
  return {
    geo: {
      regions: looks.map(({ code, step, named, chosen }) => ({
        name: code,
        itemStyle: { areaColor: color(step), ...(chosen ? { borderColor: token('--accent'), borderWidth: 2.4 } : {}) },
        label: { show: named, formatter: names.get(code) ?? '', color: token('--text'), fontSize: 0.8125 * rem.value, fontWeight: 600, textBorderColor: token('--surface'), textBorderWidth: 3 },
        emphasis: { label: { show: true, formatter: names.get(code) ?? '' } },
      })),
    },
  }
}

function color(step: number | null): string {
  if (step === null) return token('--ramp-none')
  return step === 0 ? token('--surface') : token(`--ramp-${Math.min(STEPS, step)}`)
}
