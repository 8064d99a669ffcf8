import type { MergeRule } from '../../model/merging/merge-rule.ts'
import { higher } from '../../model/merging/merged-value.ts'
import type { Descriptor, HistogramValue, Value } from '../../model/metric.ts'
import { valueKinds } from '../../relay/values/value-kinds.ts'
import type { ValueReader } from '../../relay/values/value-reader.ts'
import { type Columns, removeShare, setShare } from './columns.ts'
import { countIn, histogramIn, type Row } from './histogram-row.ts'
import { HistogramTotals, rowOf } from './histogram-totals.ts'
import type { Cell, Series } from './series.ts'
import type { SeriesValues } from './series-values.ts'
import { hasFallen, isSummed, retiredWith } from './total.ts'

/** The values of histograms with bounds. A row has the sum, and then a count for each bucket. */
export class HistogramValues implements SeriesValues {
  readonly width: number
  readonly #totals: HistogramTotals

  constructor(descriptor: Descriptor, rule: MergeRule, bounds: readonly number[]) {
    this.width = bounds.length + 2
    this.#totals = new HistogramTotals(this.width, isSummed(descriptor, rule))
  }

  get columns(): Columns {
    return this.#totals.columns
  }

  add(series: Series): void {
    this.columns.add(series)
  }

  remove(series: Series): void {
    this.columns.remove(series)
  }

  store(cell: Cell, reader: ValueReader): boolean {
    if (reader.kind !== valueKinds.histogram || !this.#accepts(cell, reader)) return false
    reader.rewind()
    while (reader.nextBucket()) this.#setCount(cell, reader.bucket, reader.count)
    this.#setSum(cell, reader.sum)
    return true
  }

  /** Whether the histogram has the buckets, and the number of its values stays exact. */
  #accepts(cell: Cell, reader: ValueReader): boolean {
    const row = this.#reportedRow(cell)
    let count = countIn(row)
    while (reader.nextBucket()) {
      if (reader.bucket >= this.width - 1) return false
      count += reader.count - (row.values[row.at + 1 + reader.bucket] as number)
    }
    return count <= Number.MAX_SAFE_INTEGER
  }

  /** Takes the count of one bucket from a report. Call `#setSum` after all counts of the cell. */
  #setCount(cell: Cell, bucket: number, count: number): void {
    if (this.#isDirect(cell)) this.#put(cell, bucket + 1, count)
    else this.#reportedOf(cell)[bucket + 1] = count
  }

  /** Takes the sum from a report. Buckets without a new count keep the count of the last report. */
  #setSum(cell: Cell, sum: number): void {
    if (this.#isDirect(cell)) {
      this.#complete(cell, sum)
      return
    }
    const values = this.#reportedOf(cell)
    values[0] = sum
    this.#decide(cell, histogramIn({ values, at: 0, width: this.width }))
  }

  raise(cell: Cell, value: Value): boolean {
    if (!this.#fits(value)) return false
    this.#reportedOf(cell)
    const least = this.#fitting(higher(this.valueOf(cell), value), value)
    cell.hold().least = least
    this.#show(cell, least)
    return true
  }

  valueOf(cell: Cell): HistogramValue | undefined {
    return cell.hasValue ? histogramIn(rowOf(cell)) : undefined
  }

  retiredOf(series: Series): HistogramValue | undefined {
    return this.#totals.retiredOf(series)
  }

  retire(cell: Cell): void {
    const { series } = cell
    const value = this.valueOf(cell)
    if (!value) return
    if (!this.#totals.isSummed) {
      const retired = retiredWith(cell, value)
      if (this.#fits(retired)) this.#totals.setRetired(series, retired)
      this.clear(cell)
      return
    }
    this.#totals.addRetired(series, rowOf(cell))
    removeShare(cell)
    series.family.touch(series)
  }

  clear(cell: Cell): void {
    if (!cell.hasValue) return
    for (let place = 1; place < this.width; place += 1) this.#put(cell, place, 0)
    removeShare(cell)
    cell.series.family.touch(cell.series)
  }

  refresh(series: Series): boolean {
    return this.#totals.refresh(series)
  }

  totalOf(series: Series): Value {
    return this.#totals.of(series)
  }

  compact(all: Iterable<Series>): boolean {
    return this.columns.compact(all)
  }

  /** Whether the value of a report is the value of the cell. */
  #isDirect(cell: Cell): boolean {
    return this.#totals.isSummed && cell.held === undefined
  }

  /** The histogram of the last report. */
  #reportedRow(cell: Cell): Row {
    const { width } = this
    return this.#isDirect(cell) ? rowOf(cell) : { values: this.#reportedOf(cell), at: 0, width }
  }

  #reportedOf(cell: Cell): Float64Array {
    const held = cell.hold()
    held.reported ??= cell.rows.values.slice(cell.at, cell.at + this.width)
    return held.reported
  }

  #decide(cell: Cell, value: HistogramValue): void {
    const { series, held } = cell
    // The maximum of the time before no longer counts.
    if (!this.#totals.isSummed && hasFallen(this.valueOf(cell), value)) {
      this.columns.dropRetired(series)
      series.family.touch(series)
    }
    const least = held?.least
    this.#show(cell, least === undefined ? value : this.#fitting(higher(value, least), value))
  }

  #fitting(value: Value, instead: HistogramValue): HistogramValue {
    return this.#fits(value) ? value : instead
  }

  #show(cell: Cell, { sum, counts }: HistogramValue): void {
    for (const [bucket, count] of counts.entries()) this.#put(cell, bucket + 1, count)
    this.#complete(cell, sum)
  }

  #put({ rows: { values }, at, series }: Cell, place: number, count: number): void {
    const grown = count - (values[at + place] as number)
    if (grown === 0) return
    values[at + place] = count
    if (this.#totals.isSummed) this.#totals.grow(series, place, grown)
  }

  #complete(cell: Cell, sum: number): void {
    setShare(cell, sum)
    cell.series.family.touch(cell.series)
  }

  #fits(value: Value): value is HistogramValue {
    return typeof value === 'object' && 'counts' in value && value.counts.length === this.width - 1
  }
}
