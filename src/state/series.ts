import { otelLimits } from '../limits/otel.ts'
import { addExponential } from '../model/exponential.ts'
import type { Attributes, Descriptor, Point, Value } from '../model/metric.ts'

/** One source's share of a series. */
export interface Cell {
  readonly series: Series
  value: Value | undefined
}

/** A series of the page: the shares of live and retained sources and what retired ones left. */
export interface Series {
  readonly key: string
  readonly family: Family
  readonly attributes: Attributes
  readonly cells: Set<Cell>
  retired: Value | undefined
  /** The total that was shown last, of a histogram its sum. */
  shown: number
}

/** All series of one metric name. */
export interface Family {
  readonly descriptor: Descriptor
  readonly series: Map<string, Series>
}

function totalOf(series: Series): Value | undefined {
  const adds = series.family.descriptor.kind !== 'gauge'
  let total = series.retired
  for (const { value } of series.cells) {
    // Two gauges in one series are one worker's, made twice: the later one counts.
    if (value !== undefined) total = total !== undefined && adds ? add(total, value) : value
  }
  return total
}

export function add(left: Value, right: Value): Value {
  if (typeof left === 'number') return typeof right === 'number' ? left + right : left
  if (typeof right === 'number') return left
  if ('scale' in left) {
    return 'scale' in right ? addExponential(left, right, otelLimits.exponentialBuckets) : left
  }
  if ('scale' in right) return left
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    counts: left.counts.map((count, index) => count + (right.counts[index] ?? 0)),
  }
}

/**
 * Fractions in another order add up to something that differs in its last digits. When a worker ends or says everything
 * again, a total that nothing was taken from would fall by that, and Prometheus would take it for a restart and count all of
 * it anew.
 */
function steady(series: Series, total: Value | undefined): Value | undefined {
  const { kind } = series.family.descriptor
  if (total === undefined || kind === 'gauge' || kind === 'upDownCounter') return total
  const { shown } = series
  const sum = typeof total === 'number' ? total : total.sum
  if (sum < shown && shown - sum <= shown * rounding) {
    return typeof total === 'number' ? shown : { ...total, sum: shown }
  }
  series.shown = sum
  return total
}

/** Much more than the additions of all workers' parts can be off, as a part of the total. */
const rounding = 1e-12

export function pointsOf(family: Family): Point[] {
  const points: Point[] = []
  for (const series of family.series.values()) {
    const value = steady(series, totalOf(series))
    if (value !== undefined) points.push({ attributes: series.attributes, value })
  }
  return points
}
