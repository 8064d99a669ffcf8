import type { Value } from '../../model/metric.ts'
import type { ValueReader } from '../../relay/values/value-reader.ts'
import type { Cell, Series } from './series.ts'

/** The values of one metric: of the sources, of retired sources, and the totals. */
export interface SeriesValues {
  /** Length of a row of a source. */
  readonly width: number
  readonly add: (series: Series) => void
  /** Frees the rows of a series that goes. */
  readonly remove: (series: Series) => void
  /**
   * Takes the value of a report at which the reader is.
   * @returns false for a value that does not fit the metric.
   */
  readonly store: (cell: Cell, reader: ValueReader) => boolean
  /** Shows at least this value from now on. @returns false for a value that does not fit. */
  readonly raise: (cell: Cell, value: Value) => boolean
  /** Undefined for a cell without a value. */
  readonly valueOf: (cell: Cell) => Value | undefined
  /** What retired sources left. */
  readonly retiredOf: (series: Series) => Value | undefined
  /** Moves the value of a cell to the values of retired sources. */
  readonly retire: (cell: Cell) => void
  /** Takes the value of a cell out of the total. */
  readonly clear: (cell: Cell) => void
  /** Makes the total, and notes whether the total changed. @returns whether there is a total. */
  readonly refresh: (series: Series) => boolean
  /** The last total. */
  readonly totalOf: (series: Series) => Value
  /** Gives back memory. @returns whether totals have moved. */
  readonly compact: (all: Iterable<Series>) => boolean
}
