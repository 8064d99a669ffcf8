import { deathTable } from './death-table.ts'
import { instanceTable } from './instance-table.ts'
import { routeTable } from './route-table.ts'
import type { Table, ViewName } from './table.ts'
import { workerTable } from './worker-table.ts'

/** Acts on the table of a view, whose rows have a type of their own. */
export function withTable<Result>(view: ViewName, act: <Row>(table: Table<Row>) => Result): Result {
  if (view === 'workers') return act(workerTable)
  if (view === 'routes') return act(routeTable)
  return view === 'deaths' ? act(deathTable) : act(instanceTable)
}

/** The names of the columns that sort a view. */
export function sortNames(view: ViewName): string[] {
  return withTable(view, ({ columns }) =>
    columns.filter(({ value }) => value !== undefined).map(({ name }) => name),
  )
}
