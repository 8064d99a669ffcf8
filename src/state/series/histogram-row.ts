import { finiteSum } from '../../model/merging/merged-value.ts'
import type { HistogramValue } from '../../model/metric.ts'

/*
 * A row of a histogram: the sum, then one count for each bucket.
 */

export interface Row {
  readonly values: Float64Array
  readonly at: number
  readonly width: number
}

export function histogramIn({ values, at, width }: Row): HistogramValue {
  const counts = Array.from(values.subarray(at + 1, at + width))
  return { count: countIn({ values, at, width }), sum: values[at] as number, counts }
}

/** The number of values of the histogram. */
export function countIn({ values, at, width }: Row): number {
  let count = 0
  for (let place = at + 1; place < at + width; place += 1) count += values[place] as number
  return count
}

export function writeHistogram({ values, at }: Row, { sum, counts }: HistogramValue): void {
  values[at] = sum
  values.set(counts, at + 1)
}

/** @returns whether a count differs from the count before. */
export function writeCounts({ values, at }: Row, counts: readonly number[]): boolean {
  let hasChanged = false
  for (const [bucket, count] of counts.entries()) {
    if (values[at + 1 + bucket] !== count) hasChanged = true
    values[at + 1 + bucket] = count
  }
  return hasChanged
}

/** Adds a row to a row. @returns false where the count would no longer be exact. */
export function addRow(to: Row, from: Row, isFirst: boolean): boolean {
  if (countIn(to) + countIn(from) > Number.MAX_SAFE_INTEGER) return false
  const [sum, added] = [to.values[to.at] as number, from.values[from.at] as number]
  to.values[to.at] = isFirst ? added : finiteSum(sum, added)
  for (let place = 1; place < to.width; place += 1) {
    const known = to.values[to.at + place] as number
    to.values[to.at + place] = known + (from.values[from.at + place] as number)
  }
  return true
}
