import type { Attributes, ExponentialValue, Value } from '../../model/metric.ts'
import type { SeriesRow } from '../../model/series-block.ts'
import type { Block } from './block.ts'
import type { Family } from './family.ts'
import type { Rows } from './rows.ts'

/** A source's share of a series. A source that makes a metric twice has several cells. */
export class Cell {
  readonly series: Series
  /** The key of the source's attributes. A folded series has a key of its own and several cells. */
  readonly key: string
  readonly forkNumber: number
  /** The columns of the source. */
  rows: Rows
  /** Offset of the cell's row; -1 for a cell that has gone. */
  at: number
  hasValue = false
  /** Place of the first column in `Series.shares`. */
  place = 0
  held: HeldParts | undefined
  /** Neighbours in the series, in the order of their addition. */
  previous: Cell | undefined
  next: Cell | undefined

  constructor(series: Series, key: string, { forkNumber, rows }: CellPlace) {
    this.series = series
    // Texts of the same key, one for each source, would need more memory than the values.
    this.key = key === series.key ? series.key : key
    this.forkNumber = forkNumber
    this.rows = rows
    this.at = rows.take()
  }

  moveTo(rows: Rows): void {
    const at = rows.take()
    rows.values.set(this.rows.values.subarray(this.at, this.at + rows.width), at)
    this.rows = rows
    this.at = at
  }

  /** Parts that few cells have. */
  hold(): HeldParts {
    this.held ??= { least: undefined, reported: undefined, exponential: undefined }
    return this.held
  }
}

export interface CellPlace {
  readonly forkNumber: number
  readonly rows: Rows
}

export interface HeldParts {
  /** A value from another place than a report. Earlier reports, still under way, may be lower. */
  least: Value | undefined
  /** The histogram of the last report, where the cell can have another value. */
  reported: Float64Array | undefined
  /** The value of an exponential histogram. Its columns would differ from report to report. */
  exponential: ExponentialValue | undefined
}

/** A series of the page: shares of live sources, and what retired sources left. */
export class Series implements SeriesRow {
  readonly key: string
  readonly family: Family
  readonly attributes: Attributes
  /** Offset of the total. */
  at = 0
  /** Offset of the values of retired sources; -1 without such values. */
  retiredAt = -1
  first: Cell | undefined
  last: Cell | undefined
  /**
   * The first column of the cells with a value, in their order. In the rows of the sources, each
   * value is far from the next. Undefined from the time when a cell gets or loses its value until
   * the next addition.
   */
  shares: number[] | undefined
  /** Undefined for a series that has gone. */
  block: Block | undefined
  /** Whether the series was on the page at the last refresh. */
  hasValue = false
  /** Whether a share has changed since the last refresh. */
  isTouched = false
  /** Whether the total has changed since the last refresh. */
  hasChanged = false
  /** Whether the bucket counts of the total need a new addition of all shares. */
  isInexact = false
  exponential: ExponentialTotals | undefined

  constructor(family: Family, key: string, attributes: Attributes) {
    this.family = family
    this.key = key
    this.attributes = attributes
  }

  get hasOneCell(): boolean {
    return this.first !== undefined && this.first === this.last
  }

  append(cell: Cell): void {
    cell.previous = this.last
    if (this.last) this.last.next = cell
    else this.first = cell
    this.last = cell
  }

  remove({ previous, next }: Cell): void {
    if (previous) previous.next = next
    else this.first = next
    if (next) next.previous = previous
    else this.last = previous
  }
}

export interface ExponentialTotals {
  total: ExponentialValue | undefined
  retired: ExponentialValue | undefined
}
