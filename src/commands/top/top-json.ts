import type {
  LiveHeadline,
  LiveInstance,
  LivePrimary,
  LiveWorker,
} from '../../model/live/live-document.ts'
import type { Reading, TopDeath, TopRoute } from './source/reading.ts'
import type { StateOptions } from './state/top-state.ts'
import { defaultOrder } from './state/top-state.ts'
import { deathTable } from './tables/death-table.ts'
import { instanceTable } from './tables/instance-table.ts'
import { routeTable } from './tables/route-table.ts'
import { orderedRows, type RowOrder } from './tables/rows.ts'
import type { ViewName } from './tables/table.ts'
import { workerTable } from './tables/worker-table.ts'

/** The object of `top --json`. docs/top.md describes each field. */
export interface TopJson {
  /** Changes when a field changes its meaning or goes away. */
  readonly version: 1
  readonly url: string
  readonly source: Reading['source']
  readonly notes: readonly string[]
  readonly exporterVersion: string | null
  readonly kind: string
  readonly title: string
  /** Unix milliseconds, of the exporter's clock. */
  readonly now: number
  readonly uptimeSeconds: number
  readonly headline: LiveHeadline
  readonly primary: LivePrimary | null
  readonly workers: readonly LiveWorker[]
  readonly routes: readonly TopRoute[]
  readonly deaths: readonly TopDeath[]
  readonly instances: readonly LiveInstance[]
  readonly unread: readonly string[]
  readonly awaited: readonly string[]
  readonly hidden: string | null
}

/** `--sort`, `--reverse` and `--filter` act on the list of `--view`. */
export function topJson(
  { source, document, notes }: Reading,
  { state, shownTarget }: { readonly state: StateOptions; readonly shownTarget: string },
): TopJson {
  const { exporterVersion, kind, title, now, uptimeSeconds, headline, primary } = document
  const orderOf = (view: ViewName): RowOrder =>
    view === state.view ? state : { ...defaultOrder(view), filter: '' }
  return {
    version: 1,
    url: shownTarget,
    source,
    notes,
    exporterVersion: exporterVersion === '' ? null : exporterVersion,
    ...{ kind, title, now, uptimeSeconds, headline, primary },
    workers: orderedRows(workerTable, document, orderOf('workers')),
    routes: orderedRows(routeTable, document, orderOf('routes')),
    deaths: orderedRows(deathTable, document, orderOf('deaths')),
    instances: orderedRows(instanceTable, document, orderOf('instances')),
    unread: document.unread,
    awaited: document.awaited,
    hidden: document.hidden,
  }
}
