import type uPlot from 'uplot'
import { clockText } from '../../model/text/clock.ts'
import type { PlotLine, PlotOptions } from './plot-line.ts'

export interface ChartOptions extends PlotOptions {
  readonly width: number
  readonly height: number
  readonly lines: readonly PlotLine[]
  /** First and last time of the axis, seconds. */
  readonly span: () => [number, number]
  readonly colorOf: (key: string) => string
  readonly axisColor: string
  readonly ruleColor: string
  readonly onCursor: () => void
}

/** The options of uPlot. All plots of the page share one cursor. */
export function chartOptions(options: ChartOptions): uPlot.Options {
  const { width, height, lines, span, least, onCursor } = options
  return {
    width,
    height,
    padding: [8, 16, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      sync: { key: 'live', setSeries: false },
      points: { size: 6 },
    },
    scales: {
      x: { time: true, range: span },
      y: { range: (_, __, highest) => [0, Math.max((highest ?? 0) * 1.08, least)] },
    },
    axes: [timeAxis(options), valueAxis(options)],
    series: [{}, ...lines.map((line) => series(line, options))],
    bands: bandsOf(lines, options),
    hooks: { setCursor: [onCursor] },
  }
}

const font = '11px system-ui, sans-serif'

function timeAxis({ axisColor, ruleColor }: ChartOptions): uPlot.Axis {
  return {
    stroke: axisColor,
    font,
    size: 26,
    space: 70,
    incrs: [10, 20, 30, 60, 120, 300, 600, 900],
    grid: { stroke: ruleColor, width: 1 },
    ticks: { stroke: ruleColor, width: 1, size: 4 },
    values: (_, times) => {
      const length = times.every((time) => time % 60 === 0) ? 5 : 8
      return times.map((time) => clockText(time * 1_000).slice(0, length))
    },
  }
}

function valueAxis({ axisColor, ruleColor, text }: ChartOptions): uPlot.Axis {
  return {
    stroke: axisColor,
    font,
    size: 54,
    space: 32,
    gap: 6,
    grid: { stroke: ruleColor, width: 1 },
    ticks: { show: false },
    values: (_, values) => values.map((value) => text(value)),
  }
}

function series(line: PlotLine, { colorOf }: ChartOptions): uPlot.Series {
  const stroke = colorOf(line.key)
  const look = { label: line.name, stroke, width: 1.5, points: { show: false } }
  return line.fill === 'below' ? { ...look, fill: translucent(stroke, 0.14) } : look
}

/** A band lies between a line and the next one. */
function bandsOf(lines: readonly PlotLine[], { colorOf }: ChartOptions): uPlot.Band[] {
  return lines.flatMap(({ key, fill }, index) => {
    if (fill !== 'band' || index + 1 >= lines.length) return []
    return [{ series: [index + 1, index + 2], fill: translucent(colorOf(key), 0.13) }]
  })
}

/** Browsers compute a color as `rgb(r, g, b)`. */
function translucent(color: string, opacity: number): string {
  return color.replace(/^rgb\((.*)\)$/, `rgba($1, ${opacity})`)
}
