import type { LiveStatusClass } from '../../model/live/live-document.ts'
import { bytesText, durationText, percentText, rateText } from '../../model/text/quantity.ts'
import { type LineSource, workerLines } from '../data/worker-lines.ts'
import { byId } from '../dom/element.ts'
import { Plot } from '../plots/plot.ts'
import type { PlotLine, PlotOptions } from '../plots/plot-line.ts'

interface PlotSource extends PlotOptions {
  readonly read: (source: LineSource) => readonly PlotLine[]
}

const sources: readonly PlotSource[] = [
  {
    title: 'Requests per second, by status',
    text: rateText,
    least: 1,
    empty: 'No requests yet.',
    read: statusLines,
  },
  {
    title: 'Latency',
    text: durationText,
    least: 0.002,
    empty: 'No requests yet.',
    read: latencyLines,
  },
  {
    title: 'Event loop delay',
    text: durationText,
    least: 0.01,
    empty: 'No values yet.',
    read: (source) => workerLines(source, 'loopDelay'),
  },
  {
    title: 'CPU, 100 % is one core',
    text: percentText,
    least: 10,
    empty: 'No values yet.',
    read: (source) => workerLines(source, 'cpuPercent'),
  },
  {
    title: 'Memory',
    text: bytesText,
    least: 1e6,
    empty: 'No values yet.',
    read: (source) => workerLines(source, 'memory'),
  },
  {
    title: 'Heap in use',
    text: bytesText,
    least: 1e6,
    empty: 'No values yet.',
    read: (source) => workerLines(source, 'heap'),
  },
]

/** The plots of the history. */
export function plots(onRead: (text: string) => void): {
  readonly update: (source: LineSource) => void
  readonly draw: () => void
} {
  const all = sources.map((source) => ({ source, plot: new Plot(source, onRead) }))
  byId('plot-grid', HTMLElement).append(...all.map(({ plot }) => plot.root))
  return {
    update({ samples, workers }) {
      const spanSeconds = samples.capacity * samples.stepSeconds
      for (const { source, plot } of all) {
        plot.update({ times: samples.times, lines: source.read({ samples, workers }), spanSeconds })
      }
    },
    draw() {
      for (const { plot } of all) plot.draw()
    },
  }
}

const statusLooks: readonly (readonly [LiveStatusClass, string, number])[] = [
  ['2xx', '2xx', 1],
  ['3xx', '3xx', 5],
  ['4xx', '4xx', 2],
  ['5xx', '5xx', 3],
  ['none', 'no response', 4],
  ['1xx', '1xx', 7],
]

/** 2xx always, other classes as soon as the history has one. */
function statusLines({ samples: { rates } }: LineSource): PlotLine[] {
  const seen = statusLooks.filter(
    ([each]) => each === '2xx' || rates[each].some((rate) => rate !== null && rate > 0),
  )
  return seen.map(([key, name, color]) => {
    const line = { key, name, color, values: rates[key] }
    return key === '2xx' ? { ...line, fill: 'below' } : line
  })
}

function latencyLines({ samples: { p50, p95, p99 } }: LineSource): PlotLine[] {
  return [
    { key: 'p99', name: 'p99', color: 4, values: p99, fill: 'band' },
    { key: 'p95', name: 'p95', color: 0, values: p95, fill: 'band' },
    { key: 'p50', name: 'p50', color: 1, values: p50 },
  ]
}
