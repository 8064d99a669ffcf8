import type { MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'

/**
 * Splits metrics into requests of at most `most` data points. A Collector refuses a request above
 * the size limit, 4 MiB with gRPC.
 */
export function batchesOf(
  scopes: readonly ScopeMetrics[],
  most: number,
): readonly (readonly ScopeMetrics[])[] {
  const batches: ScopeMetrics[][] = []
  let room = 0
  for (const { scope, metric } of metricsOf(scopes)) {
    const { length } = metric.dataPoints
    for (let from = 0; from < length; ) {
      if (room === 0) batches.push([])
      room = room === 0 ? most : room
      const part = slice(metric, from, from + room)
      put(batches.at(-1) ?? [], scope, part)
      from += part.dataPoints.length
      room -= part.dataPoints.length
    }
  }
  return batches
}

interface ScopedMetric {
  readonly scope: ScopeMetrics['scope']
  readonly metric: MetricData
}

function metricsOf(scopes: readonly ScopeMetrics[]): ScopedMetric[] {
  return scopes.flatMap(({ scope, metrics }) => metrics.map((metric) => ({ scope, metric })))
}

function slice(metric: MetricData, from: number, to: number): MetricData {
  return { ...metric, dataPoints: metric.dataPoints.slice(from, to) } as MetricData
}

function put(batch: ScopeMetrics[], scope: ScopeMetrics['scope'], metric: MetricData): void {
  const last = batch.at(-1)
  if (last?.scope === scope) last.metrics.push(metric)
  else batch.push({ scope, metrics: [metric] })
}
