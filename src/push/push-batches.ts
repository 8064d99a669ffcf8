import type { MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'

/** The metrics of one request, or a part of these. */
export type Part = readonly ScopeMetrics[]

export interface ScopedMetric {
  readonly scope: ScopeMetrics['scope']
  readonly metric: MetricData
}

/**
 * Splits metrics into requests of at most `most` data points. A Collector refuses a request above
 * the size limit, 4 MiB with gRPC.
 */
export function batchesOf(scopes: Part, most: number): readonly Part[] {
  const batches: ScopeMetrics[][] = []
  let room = 0
  for (const { scope, metric } of metricsIn(scopes)) {
    const { length } = metric.dataPoints
    for (let from = 0; from < length; ) {
      if (room === 0) batches.push([])
      room = room === 0 ? most : room
      const part = slice(metric, from, from + room)
      put(batches.at(-1) ?? [], { scope, metric: part })
      from += part.dataPoints.length
      room -= part.dataPoints.length
    }
  }
  return batches
}

/** Halves by metrics, or by data points where only one metric is left. */
export function halvesOf(part: Part): readonly [Part, Part] {
  const metrics = metricsIn(part)
  const [only] = metrics
  if (metrics.length !== 1 || !only) {
    const middle = Math.floor(metrics.length / 2)
    return [partOf(metrics.slice(0, middle)), partOf(metrics.slice(middle))]
  }
  const { scope, metric } = only
  const middle = Math.floor(metric.dataPoints.length / 2)
  return [
    partOf([{ scope, metric: slice(metric, 0, middle) }]),
    partOf([{ scope, metric: slice(metric, middle, metric.dataPoints.length) }]),
  ]
}

export function partOf(metrics: readonly ScopedMetric[]): Part {
  const part: ScopeMetrics[] = []
  for (const each of metrics) put(part, each)
  return part
}

export function metricsIn(part: Part): ScopedMetric[] {
  return part.flatMap(({ scope, metrics }) => metrics.map((metric) => ({ scope, metric })))
}

/** Number of data points. */
export function pointsIn(part: Part): number {
  return metricsIn(part).reduce((sum, { metric }) => sum + metric.dataPoints.length, 0)
}

function slice(metric: MetricData, from: number, to: number): MetricData {
  return { ...metric, dataPoints: metric.dataPoints.slice(from, to) } as MetricData
}

function put(part: ScopeMetrics[], { scope, metric }: ScopedMetric): void {
  const last = part.at(-1)
  if (last?.scope === scope) last.metrics.push(metric)
  else part.push({ scope, metrics: [metric] })
}
