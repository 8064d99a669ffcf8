import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard'
import { boardOf } from './board.ts'
import { exporter } from './boards/exporter/exporter.ts'
import { master } from './boards/master/master.ts'
import { overview } from './boards/overview/overview.ts'
import { routes } from './boards/routes/routes.ts'
import { workers } from './boards/workers/workers.ts'

/** All dashboards by the name of their file, without `.json`. */
export function dashboards(): Readonly<Record<string, Dashboard>> {
  return {
    overview: boardOf(overview()),
    routes: boardOf(routes()),
    workers: boardOf(workers()),
    master: boardOf(master()),
    exporter: boardOf(exporter()),
  }
}

export function textOf(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, undefined, 2)}\n`
}
