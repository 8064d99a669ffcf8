import { compact } from '../text/figures.ts'
import type { Line, Span } from '../text/style.ts'
import { cut, padded } from '../text/text-width.ts'
import type { CellContext, Column, Table } from './table.ts'

/** The columns that a line has room for, with their widths. */
export interface Layout<Row> {
  readonly columns: readonly { readonly column: Column<Row>; readonly width: number }[]
}

/** One space between two columns. */
const gap = 1

/** Leaves out columns of the highest rank, then gives the rest to the columns that grow. */
export function layoutOf<Row>(table: Table<Row>, rows: readonly Row[], width: number): Layout<Row> {
  let columns = table.columns.filter(({ isUsed }) => isUsed?.(rows) ?? true)
  while (columns.length > 1 && leastWidth(columns) > width) {
    const highest = Math.max(...columns.map(({ rank }) => rank))
    // The column of the highest rank that is farthest to the right.
    const last = columns.findLastIndex(({ rank }) => rank === highest)
    columns = columns.filter((_, index) => index !== last)
  }
  const widths = grown(columns, width - leastWidth(columns))
  return { columns: columns.map((column, index) => ({ column, width: widths[index] ?? 0 })) }
}

function leastWidth<Row>(columns: readonly Column<Row>[]): number {
  return columns.reduce((sum, each) => sum + each.width + gap, -gap)
}

/** Columns that grow share the room; a column at its largest width leaves its share. */
function grown<Row>(columns: readonly Column<Row>[], room: number): number[] {
  const widths = columns.map(({ width }) => width)
  let left = Math.max(0, room)
  for (;;) {
    const growing = columns.flatMap((column, index) =>
      (widths[index] ?? 0) < (column.mostWidth ?? 0) ? index : [],
    )
    if (left === 0 || growing.length === 0) return widths
    for (const index of growing) {
      if (left === 0) break
      widths[index] = (widths[index] ?? 0) + 1
      left -= 1
    }
  }
}

/** The heads of the columns; the sorted column has an arrow. */
export function headLine<Row>(
  { columns }: Layout<Row>,
  { sort, isReversed }: { readonly sort: string; readonly isReversed: boolean },
): string {
  const heads = columns.map(({ column: { name, title, align, isAscending }, width }) => {
    const isUp = (isAscending ?? false) !== isReversed
    const arrow = name === sort ? (isUp ? '▲' : '▼') : ''
    const room = width - arrow.length
    return padded(`${title.slice(0, room)}${arrow}`, width, align)
  })
  return heads.join(' ')
}

/** A row of the table. */
export function rowLine<Row>(
  { columns }: Layout<Row>,
  row: Row,
  trendOf: CellContext['trendOf'],
): Line {
  const cells = columns.map(({ column, width }): Span => {
    const { align } = column
    const { text, style } = column.cell(row, { width, trendOf })
    const short = align === 'right' ? compact(text) : text
    return { text: padded(cut(short, width, '…'), width, align), style }
  })
  return cells.flatMap((cell, index): Span[] =>
    index === 0 ? [cell] : [{ text: ' ', style: 'plain' }, cell],
  )
}
