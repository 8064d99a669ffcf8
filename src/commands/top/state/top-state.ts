import { topLimits } from '../../../limits/tools/top.ts'
import type { RowOrder } from '../tables/rows.ts'
import type { ViewName } from '../tables/table.ts'
import { withTable } from '../tables/tables.ts'

/** What the screen shows above the lists. */
type Page = 'list' | 'details' | 'help'

/** Everything that keys change. */
export interface TopState {
  readonly view: ViewName
  readonly page: Page
  readonly orders: Readonly<Record<ViewName, Pick<RowOrder, 'sort' | 'isReversed'>>>
  readonly filter: string
  /** The filter before the keyboard wrote to `filter`; undefined where keys are commands. */
  readonly filterBefore: string | undefined
  /** The key of the selected row; undefined: the first row, whatever row is first. */
  readonly selected: string | undefined
  /** First line of details or help. */
  readonly scroll: number
  readonly isPaused: boolean
  readonly intervalSeconds: number
  /** The instance of a sidecar; null: all instances. */
  readonly instance: string | null
}

export interface StateOptions extends RowOrder {
  readonly view: ViewName
  readonly intervalSeconds: number
}

export function firstState(options: StateOptions): TopState {
  const { view, sort, isReversed, filter, intervalSeconds } = options
  const order = (each: ViewName): TopState['orders'][ViewName] =>
    each === view ? { sort, isReversed } : defaultOrder(each)
  return {
    ...{ view, page: 'list', filter, filterBefore: undefined, selected: undefined, scroll: 0 },
    orders: {
      workers: order('workers'),
      routes: order('routes'),
      deaths: order('deaths'),
      instances: order('instances'),
    },
    ...{ isPaused: false, intervalSeconds, instance: null },
  }
}

export function defaultOrder(view: ViewName): Pick<RowOrder, 'sort' | 'isReversed'> {
  return { sort: withTable(view, ({ sort }) => sort), isReversed: false }
}

/** The order of the shown list. */
export function orderOf({ view, orders, filter }: TopState): RowOrder {
  return { ...orders[view], filter }
}

export function clampedInterval(seconds: number): number {
  const { leastIntervalSeconds, mostIntervalSeconds } = topLimits
  return Math.min(mostIntervalSeconds, Math.max(leastIntervalSeconds, seconds))
}
