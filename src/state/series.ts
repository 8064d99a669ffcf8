import { otelLimits } from '../limits/otel.ts'
import { addExponential } from '../model/exponential.ts'
import {
  type Attributes,
  type Descriptor,
  isMonotonic,
  type Point,
  type Value,
} from '../model/metric.ts'

/** A source's share of a series. */
export interface Cell {
  readonly series: Series
  /** The key of the source's attributes. A folded series has a key of its own and several cells. */
  readonly key: string
  value: Value | undefined
  /** A value from another place than a report. Earlier reports, still under way, may be lower. */
  least?: Value
}

/** A series of the page: shares of live sources, and the sum of retired sources. */
export interface Series {
  readonly key: string
  readonly family: Family
  readonly attributes: Attributes
  readonly cells: Set<Cell>
  retired: Value | undefined
  /** The total on the last page; the sum of a histogram. */
  shown: number
}

/** All series of one metric name. */
export interface Family {
  readonly descriptor: Descriptor
  readonly series: Map<string, Series>
}

/** Identifies a cell of a source. */
export function cellKey({ descriptor }: Family, key: string): string {
  return `${descriptor.scope} ${descriptor.name} ${key}`
}

export function pointsOf(family: Family): Point[] {
  const points: Point[] = []
  for (const series of family.series.values()) {
    const value = steady(series, totalOf(series))
    if (value !== undefined) points.push({ attributes: series.attributes, value })
  }
  return points
}

/**
 * Adds a cell's value to the sum of retired sources, unless the value ends with its source.
 * @param settled whether values of up-down counters are final.
 */
export function retireCell({ series, value }: Cell, settled: boolean): void {
  const { kind } = series.family.descriptor
  const isKept = isMonotonic(kind) || (kind === 'upDownCounter' && settled)
  if (value === undefined || !isKept) return
  series.retired = series.retired === undefined ? value : add(series.retired, value)
}

/**
 * The sum, or `left` where the sum is no longer exact: readers refuse a count above the safe
 * integers, and OTLP cannot carry it. Only forged values are so large.
 */
export function add(left: Value, right: Value): Value {
  if (typeof left === 'number') return typeof right === 'number' ? finiteSum(left, right) : left
  if (typeof right === 'number') return left
  const total = addHistograms(left, right)
  if (!total || !Number.isSafeInteger(total.count)) return left
  if (Number.isFinite(total.sum)) return total
  return { ...total, sum: finiteSum(left.sum, right.sum) }
}

type Histogram = Exclude<Value, number>

function finiteSum(left: number, right: number): number {
  const sum = left + right
  const isOverflow = !Number.isFinite(sum) && Number.isFinite(left) && Number.isFinite(right)
  return isOverflow ? left : sum
}

/** Undefined for histograms of two kinds. */
function addHistograms(left: Histogram, right: Histogram): Histogram | undefined {
  if ('scale' in left) {
    return 'scale' in right ? addExponential(left, right, otelLimits.exponentialBuckets) : undefined
  }
  if ('scale' in right) return undefined
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    counts: left.counts.map((count, index) => count + (right.counts[index] ?? 0)),
  }
}

function totalOf(series: Series): Value | undefined {
  const adds = series.family.descriptor.kind !== 'gauge'
  let total = series.retired
  for (const { value } of series.cells) {
    // A worker can make a gauge twice under the same name. The later value counts.
    if (value !== undefined) total = total !== undefined && adds ? add(total, value) : value
  }
  return total
}

/**
 * Keeps a total that falls by a rounding error. The sum of fractions depends on the order, and the
 * order changes when a worker ends or repeats a report. Prometheus takes any fall for a restart and
 * counts the whole total again.
 */
function steady(series: Series, total: Value | undefined): Value | undefined {
  if (total === undefined || !isMonotonic(series.family.descriptor.kind)) return total
  const { shown } = series
  const sum = typeof total === 'number' ? total : total.sum
  if (sum < shown && shown - sum <= shown * roundingError) {
    return typeof total === 'number' ? shown : { ...total, sum: shown }
  }
  series.shown = sum
  return total
}

/** Share of the total. The real error of adding all workers' parts is far smaller. */
const roundingError = 1e-12
