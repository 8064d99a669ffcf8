import { liveReadLimits } from '../../../limits/tools/live.ts'
import type { TopDocument } from '../source/reading.ts'
import type { Column, Table } from './table.ts'

/** How a list is ordered and cut down. */
export interface RowOrder {
  /** The name of a column. */
  readonly sort: string
  readonly isReversed: boolean
  /** Rows without this text are left out; letter case does not count. Empty: all rows. */
  readonly filter: string
}

/** The rows of a table in their order. */
export function orderedRows<Row>(
  table: Table<Row>,
  document: TopDocument,
  order: RowOrder,
): readonly Row[] {
  const wanted = order.filter.toLowerCase()
  const rows = table
    .rows(document)
    .slice(0, liveReadLimits.rows)
    .filter((row) => wanted === '' || table.textOf(row).toLowerCase().includes(wanted))
  const column = table.columns.find(({ name }) => name === order.sort)
  const { value } = column ?? {}
  if (column === undefined || value === undefined) return rows
  const sign = (column.isAscending ? 1 : -1) * (order.isReversed ? -1 : 1)
  const next = secondValue(table, column)
  return rows.sort(
    (one, other) =>
      compared(value(one), value(other), sign) ||
      compared(next?.(one) ?? null, next?.(other) ?? null, -1),
  )
}

/** Rows with equal values: the most busy row is first. */
function secondValue<Row>(table: Table<Row>, { name }: Column<Row>): Column<Row>['value'] {
  return name === 'rate' ? undefined : table.columns.find((each) => each.name === 'rate')?.value
}

type Value = number | string | null

/** An unknown value is last in both orders. */
function compared(one: Value, other: Value, sign: number): number {
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  if (typeof one === 'number' && typeof other === 'number') return sign * (one - other)
  return sign * String(one).localeCompare(String(other), 'en', { numeric: true })
}
