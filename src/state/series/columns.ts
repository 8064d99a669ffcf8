import { finiteSum } from '../../model/merging/merged-value.ts'
import { Rows } from './rows.ts'
import type { Series } from './series.ts'

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
  sumOf({ retiredAt, first }: Series): number | undefined {
    let total = retiredAt < 0 ? undefined : this.retired.values[retiredAt]
    for (let cell = first; cell; cell = cell.next) {
      if (!cell.hasValue) continue
      const value = cell.rows.values[cell.at] as number
      total = total === undefined ? value : finiteSum(total, value)
    }
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
