import { catalog } from '../../model/catalog/catalog.ts'
import type { Metric, Point } from '../../model/metric.ts'
import { type Histogram, histogramOf } from './histogram-increase.ts'
import { type LiveReading, workerKeyOf } from './reading.ts'

/** What a worker counted since its start. */
export interface WorkerTotals {
  readonly instance: unknown
  /** Requests that ended. */
  requests: number
  /** Finished responses by class of the status, 1xx to 5xx. */
  readonly classes: number[]
  durations: Histogram | undefined
  delays: Histogram | undefined
}

/** The totals of all workers, with workers that have ended, by key. */
export function workerTotals(reading: LiveReading): Map<string, WorkerTotals> {
  const totals = new Map<string, WorkerTotals>()
  const each = (name: string, take: (worker: WorkerTotals, point: MetricPoint) => void): void => {
    for (const { descriptor, points } of reading.metricsOf(name)) {
      for (const point of points) {
        const worker = totalsOf(totals, point)
        if (worker) take(worker, { ...point, descriptor })
      }
    }
  }
  each(catalog.requests.name, (worker, { value }) => {
    worker.requests += numberOf(value)
  })
  each(catalog.responses.name, ({ classes }, { attributes, value }) => {
    const index = Number.parseInt(String(attributes['status_code']).slice(0, 1), 10) - 1
    if (index in classes) classes[index] = (classes[index] ?? 0) + numberOf(value)
  })
  each(catalog.requestDuration.name, (worker, { descriptor, value }) => {
    worker.durations = histogramOf(descriptor, value)
  })
  each(catalog.eventLoopDelays.name, (worker, { descriptor, value }) => {
    worker.delays = histogramOf(descriptor, value)
  })
  return totals
}

/** A metric of the workers without further labels, by key. */
export function valuesOf(reading: LiveReading, name: string): Map<string, number> {
  const values = new Map<string, number>()
  for (const { attributes, value } of reading.metricsOf(name).flatMap(({ points }) => points)) {
    const key = workerKeyOf(attributes)
    if (key !== undefined && typeof value === 'number') values.set(key, value)
  }
  return values
}

type MetricPoint = Point & Pick<Metric, 'descriptor'>

function totalsOf(
  totals: Map<string, WorkerTotals>,
  { attributes }: Point,
): WorkerTotals | undefined {
  const key = workerKeyOf(attributes)
  if (key === undefined) return undefined
  const known = totals.get(key)
  if (known) return known
  const worker: WorkerTotals = {
    instance: attributes['instance'],
    requests: 0,
    classes: [0, 0, 0, 0, 0],
    durations: undefined,
    delays: undefined,
  }
  totals.set(key, worker)
  return worker
}

function numberOf(value: Point['value']): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
