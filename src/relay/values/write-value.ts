import type { HistogramValue, Value } from '../../model/metric.ts'
import { isNaturalNumber } from '../../support/guards.ts'
import type { ValueWriter } from './value-writer.ts'

/** A series, as the receiver knows the series. */
export interface WrittenSeries {
  readonly number: number
  /** The counts of a histogram in the earlier report. */
  counts: readonly number[] | undefined
}

/** Writes the changes of a series. @param buckets those of the metric; 0 without bounds. */
export function writeValue(
  writer: ValueWriter,
  series: WrittenSeries,
  { value, buckets }: { readonly value: Value; readonly buckets: number },
): void {
  const { number } = series
  if (typeof value === 'number') writer.number(number, value)
  else if ('scale' in value) writer.exponential(number, value) || writer.invalid(number)
  else if (addsUp(value) && value.counts.length === buckets) {
    writer.histogram(number, value, series.counts)
    series.counts = value.counts
  } else writer.invalid(number)
}

/** Parsers refuse the whole page for a histogram whose last bucket is not the count. */
function addsUp({ count, counts }: HistogramValue): boolean {
  let total = 0
  for (const each of counts) {
    if (!isNaturalNumber(each)) return false
    total += each
  }
  return total === count && isNaturalNumber(count)
}
