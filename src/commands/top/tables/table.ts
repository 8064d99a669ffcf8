import type { LiveDocument } from '../../../model/live/live-document.ts'
import type { TopDocument } from '../source/reading.ts'
import { type Span, type Style, span } from '../text/style.ts'

/** The lists of `top`, in the order of their keys 1 to 4. */
export const viewNames = ['workers', 'routes', 'deaths', 'instances'] as const
export type ViewName = (typeof viewNames)[number]

/** Facts beside the row that a cell can need. */
export interface CellContext {
  /** Columns of the cell. */
  readonly width: number
  /** The history of a worker by its key, oldest first; empty where unknown. */
  readonly trendOf: (key: string) => readonly (number | null)[]
}

/** A column, as data. */
export interface Column<Row> {
  /** For `--sort`, and for the line below the table. */
  readonly name: string
  /** The head of the column. */
  readonly title: string
  readonly align: 'left' | 'right'
  /** Columns of the terminal. */
  readonly width: number
  /** A column of this kind takes the rest of the line, up to this width. */
  readonly mostWidth?: number
  /** 0: always shown. Where the line is too short, the highest numbers go first. */
  readonly rank: number
  /** Whether the rows have values for this column. Default: yes. */
  readonly isUsed?: (rows: readonly Row[]) => boolean
  readonly cell: (row: Row, context: CellContext) => Span
  /** The value that the column sorts by; null goes last. Undefined: no sorting. */
  readonly value?: (row: Row) => number | string | null
  /** Whether the first order is ascending. Default: the largest value is first. */
  readonly isAscending?: true
}

export interface Table<Row> {
  readonly view: ViewName
  /** The sentence in place of an empty list. */
  readonly emptyText: (document: Pick<LiveDocument, 'kind'>) => string
  readonly columns: readonly Column<Row>[]
  /** The name of the column that sorts at first. */
  readonly sort: string
  readonly rows: (document: TopDocument) => readonly Row[]
  /** Identifies a row in the next document. */
  readonly keyOf: (row: Row) => string
  /** The texts that a filter searches. */
  readonly textOf: (row: Row) => string
  readonly styleOf: (row: Row) => Style
  /** Everything about a row, a line each. */
  readonly detailsOf: (row: Row, document: Pick<LiveDocument, 'hidden'>) => readonly Span[]
}

/** The fixed part of a column. */
export type ColumnFrame = Pick<Column<never>, 'name' | 'title' | 'width' | 'rank'>

/** A column of figures. @param text the figure with its unit. */
export function figureColumn<Row>(
  frame: ColumnFrame,
  value: (row: Row) => number | null,
  text: (value: number | null) => string,
): Column<Row> {
  return { ...frame, align: 'right', value, cell: (row) => span(text(value(row))) }
}

/** A line of details: a name and a value. */
export function fact(name: string, value: string, style: Style = 'plain'): Span {
  return span(`${name.padEnd(14)} ${value}`, style)
}
