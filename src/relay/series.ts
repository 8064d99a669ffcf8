import { limits } from '../limits.ts'
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
    return 'scale' in right ? addExponential(left, right, limits.exponentialBuckets) : left
  }
  if ('scale' in right) return left
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    counts: left.counts.map((count, index) => count + (right.counts[index] ?? 0)),
  }
}

export function pointsOf(family: Family): Point[] {
  const points: Point[] = []
  for (const series of family.series.values()) {
    const value = totalOf(series)
    if (value !== undefined) points.push({ attributes: series.attributes, value })
  }
  return points
}
