import type { SortOrder, SortValue } from '../data/sort-rows.ts'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  /** A longer title, where the title is short. */
  readonly hint?: string
  readonly align: 'text' | 'number'
  readonly value: (row: Row) => SortValue
  /** Writes the row's value into the cell. */
  readonly fill: (cell: HTMLElement, row: Row) => void
}

/** What a row shows below itself. */
interface Detail<Row> {
  /** The text of the button, such as `Stack`. Undefined: the row has no detail. */
  readonly title: (row: Row) => string | undefined
  readonly fill: (cell: HTMLElement, row: Row) => void
  /** Whether the detail opens by itself when the row appears. */
  readonly opens?: (row: Row, index: number) => boolean
}

export interface TableOptions<Row> {
  /** In the plural: `workers`. */
  readonly noun: string
  /** The first column names the row. */
  readonly columns: readonly Column<Row>[]
  readonly keyOf: (row: Row) => string
  readonly order: SortOrder
  /** The text that the filter searches. */
  readonly searched: (row: Row) => string
  readonly detail?: Detail<Row>
  /** For the style of the row. */
  readonly stateOf?: (row: Row) => string
  /** Rows that stay above the others in each order. */
  readonly isUrgent?: (row: Row) => boolean
  /** The sentence without rows. */
  readonly empty: string
}
