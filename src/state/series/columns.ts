import { finiteSum } from '../../model/merging/merged-value.ts'
import { Rows } from './rows.ts'
import type { Cell, Series } from './series.ts'

/** The rows of the totals of one metric, and of the values that retired sources left. */
export class Columns {
  totals: Rows
  readonly retired: Rows

  constructor(width: number) {
    this.totals = new Rows(width)
    this.retired = new Rows(width)
  }

  add(series: Series): void {
    series.at = this.totals.take()
  }

  remove(series: Series): void {
    this.totals.release(series.at)
    this.dropRetired(series)
  }

  /** @returns the offset of the series in `retired`, a row of zeros at first. */
  retire(series: Series): number {
    if (series.retiredAt < 0) series.retiredAt = this.retired.take()
    return series.retiredAt
  }

  dropRetired(series: Series): void {
    if (series.retiredAt >= 0) this.retired.release(series.retiredAt)
    series.retiredAt = -1
  }

  /**
   * The sum of the first column over all shares, in their order. Sums of fractions by differences
   * would drift, so each sum is a new addition. Undefined without a share.
   */
  sumOf(series: Series): number | undefined {
    const { retiredAt, first } = series
    let total = retiredAt < 0 ? undefined : this.retired.values[retiredAt]
    if (first && series.hasOneCell && total === undefined)
      return first.hasValue ? first.rows.values[first.at] : undefined
    for (const share of series.shares ?? collectShares(series))
      total = total === undefined ? share : finiteSum(total, share)
    return total
  }

  /** Gives memory of series back that have gone. @returns whether rows have moved. */
  compact(all: Iterable<Series>): boolean {
    if (!this.totals.isSparse) return false
    const { values, width } = this.totals
    this.totals = new Rows(width)
    for (const series of all) {
      const from = series.at
      series.at = this.totals.take()
      this.totals.values.set(values.subarray(from, from + width), series.at)
    }
    return true
  }
}

function collectShares(series: Series): number[] {
  const shares: number[] = []
  for (let cell = series.first; cell; cell = cell.next) {
    if (!cell.hasValue) continue
    cell.place = shares.length
    shares.push(cell.rows.values[cell.at] as number)
  }
  if (shares.length > 1) series.shares = shares
  return shares
}

/** Writes the first column of a cell. */
export function setShare(cell: Cell, value: number): void {
  const { rows, at, series } = cell
  rows.values[at] = value
  if (cell.hasValue && series.shares) series.shares[cell.place] = value
  else series.shares = undefined
  cell.hasValue = true
}

/** Notes that a cell has no value any more. */
export function removeShare(cell: Cell): void {
  cell.hasValue = false
  cell.series.shares = undefined
}
