import type { HistogramValue } from '../../model/metric.ts'
import { Columns } from './columns.ts'
import {
  addRow,
  countIn,
  histogramIn,
  type Row,
  writeCounts,
  writeHistogram,
} from './histogram-row.ts'
import type { Cell, Series } from './series.ts'
import { steady, totalOf } from './total.ts'

/**
 * The totals of histograms. Where totals are sums, a change of a share's count changes the total by
 * the same difference: counts are whole numbers. Differences of fractions would drift, so each sum
 * is a new addition of all shares.
 */
export class HistogramTotals {
  readonly columns: Columns
  readonly isSummed: boolean
  readonly #width: number

  constructor(width: number, isSummed: boolean) {
    this.#width = width
    this.isSummed = isSummed
    this.columns = new Columns(width)
  }

  /** @param grown the change of a share's count. */
  grow(series: Series, place: number, grown: number): void {
    const { values } = this.columns.totals
    const total = (values[series.at + place] as number) + grown
    values[series.at + place] = total
    if (total > Number.MAX_SAFE_INTEGER) series.isInexact = true
    series.hasChanged = true
  }

  of({ at }: Series): HistogramValue {
    return histogramIn(this.#totalRow(at))
  }

  retiredOf({ retiredAt }: Series): HistogramValue | undefined {
    return retiredAt < 0 ? undefined : histogramIn(this.#retiredRow(retiredAt))
  }

  /** Adds a share to the values of retired sources. The counts of the total have the share. */
  addRetired(series: Series, share: Row): void {
    const isFirst = series.retiredAt < 0
    const to = this.#retiredRow(this.columns.retire(series))
    if (!addRow(to, share, isFirst)) series.isInexact = true
  }

  setRetired(series: Series, value: HistogramValue): void {
    writeHistogram(this.#retiredRow(this.columns.retire(series)), value)
  }

  /** Notes whether the total changed. @returns whether there is a total. */
  refresh(series: Series): boolean {
    if (!this.isSummed || series.isInexact) return this.#addAll(series)
    const sum = this.columns.sumOf(series)
    if (sum === undefined) return false
    if (countIn(this.#totalRow(series.at)) > Number.MAX_SAFE_INTEGER) return this.#addAll(series)
    this.#setSum(series, sum)
    return true
  }

  #addAll(series: Series): boolean {
    // A total with differences of inexact numbers is not the total on the page.
    if (this.isSummed) series.hasChanged = true
    series.isInexact = this.isSummed && this.#countOf(series) > Number.MAX_SAFE_INTEGER
    const value = totalOf(series)
    const row = this.#totalRow(series.at)
    if (typeof value !== 'object' || !('counts' in value)) {
      row.values.fill(0, row.at + 1, row.at + row.width)
      return false
    }
    if (writeCounts(row, value.counts)) series.hasChanged = true
    this.#setSum(series, value.sum)
    return true
  }

  #setSum(series: Series, sum: number): void {
    const { values } = this.columns.totals
    const shown = values[series.at] as number
    const next = steady(shown, sum)
    if (Object.is(next, shown)) return
    values[series.at] = next
    series.hasChanged = true
  }

  /** The number of values of all shares, which can be above all exact numbers. */
  #countOf(series: Series): number {
    let count = series.retiredAt < 0 ? 0 : countIn(this.#retiredRow(series.retiredAt))
    for (let cell = series.first; cell; cell = cell.next)
      if (cell.hasValue) count += countIn(rowOf(cell))
    return count
  }

  #totalRow(at: number): Row {
    return { values: this.columns.totals.values, at, width: this.#width }
  }

  #retiredRow(at: number): Row {
    return { values: this.columns.retired.values, at, width: this.#width }
  }
}

/** The row of a share. */
export function rowOf({ rows: { values, width }, at }: Cell): Row {
  return { values, at, width }
}
