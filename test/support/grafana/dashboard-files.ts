import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/* The dashboards of deploy/grafana, as far as the tests read them. */

const folder = join(import.meta.dirname, '../../../deploy/grafana')

export const dashboardFolder: string = join(folder, 'dashboards')
export const grafanaFolder: string = folder

export interface Target {
  readonly refId: string
  readonly expr: string
  readonly instant?: boolean
  readonly exemplar?: boolean
  readonly datasource: { readonly type: string; readonly uid: string }
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: {
    readonly x: number
    readonly y: number
    readonly w: number
    readonly h: number
  }
  readonly datasource?: Target['datasource']
  readonly targets?: readonly Target[]
  readonly links?: readonly { readonly url?: string }[]
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
}

export interface Variable {
  readonly name: string
  readonly type: string
  readonly query: string | { readonly query: string }
  readonly datasource?: Target['datasource']
  readonly allValue?: string
  readonly multi?: boolean
  readonly description?: string
}

export interface Annotation {
  readonly name: string
  readonly expr: string
  readonly datasource: Target['datasource']
  readonly target: Target
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
  readonly annotations: { readonly list?: readonly Annotation[] }
}

/** All dashboards by the name of their file. */
export function dashboardFiles(): ReadonlyMap<string, Dashboard> {
  const names = readdirSync(dashboardFolder).filter((name) => name.endsWith('.json'))
  return new Map(
    names.map((name) => [name, JSON.parse(readFileSync(join(dashboardFolder, name), 'utf8'))]),
  )
}

/** A query of a dashboard, with the place where the dashboard has it. */
export interface DashboardQuery {
  readonly dashboard: string
  /** The panel, variable or annotation, and the letter of the query. */
  readonly place: string
  readonly kind: 'range' | 'instant' | 'variable' | 'exemplars'
  readonly expression: string
}

/** Every query of a dashboard: of panels, exemplars, variables and annotations. */
export function queriesOf(dashboard: Dashboard): DashboardQuery[] {
  const at = { dashboard: dashboard.title }
  const panels = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ refId, expr, instant = false, exemplar = false }): DashboardQuery[] => {
      const query = { ...at, place: `${title} ${refId}`, expression: expr }
      const first: DashboardQuery = { ...query, kind: instant ? 'instant' : 'range' }
      return exemplar ? [first, { ...query, kind: 'exemplars' }] : [first]
    }),
  )
  const annotations = (dashboard.annotations.list ?? []).map(({ name, expr }): DashboardQuery => {
    return { ...at, place: `annotation ${name}`, kind: 'range', expression: expr }
  })
  const variables = dashboard.templating.list
    .filter(({ type }) => type === 'query')
    .map((variable): DashboardQuery => {
      const place = `variable ${variable.name}`
      return { ...at, place, kind: 'variable', expression: textOf(variable) }
    })
  return [...panels, ...annotations, ...variables]
}

export function textOf({ query }: Variable): string {
  return typeof query === 'string' ? query : query.query
}
