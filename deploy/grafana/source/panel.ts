import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'

/*
 * What all panels have in common: texts, queries, thresholds and links.
 */

/** Each panel says whether the Python package has its metrics. A test asks its page. */
export type Python =
  /** The panel has data of the Python package. */
  | 'data'
  /** The Python package has none of the metrics. */
  | 'none'
  /** Some of it. The sentence says what is missing, or different. */
  | { readonly partly: string }

export interface Query {
  readonly expression: string
  /** The name of a series. In tables, the column has the name of the query's letter. */
  readonly legend: string
  readonly hasExemplars?: boolean
}

export interface Step {
  readonly from: number
  readonly color: Color
}

export type Color = 'green' | 'yellow' | 'orange' | 'red' | 'blue' | 'purple' | 'text'

export interface PanelSpec {
  readonly title: string
  /** Plain sentences. */
  readonly description: string
  /** The heading of a page of this repository that says more. */
  readonly page: `${string}.md${'' | `#${string}`}`
  readonly python: Python
  readonly unit: string
  readonly queries: readonly Query[]
  /** Of 24 columns. */
  readonly width: number
  readonly height: number
  /** The colour of each value from a limit on. Below the first limit, the colour is green. */
  readonly steps?: readonly Step[]
  /** Another dashboard that shows more. */
  readonly more?: Link
}

/** What panels of a row have in common. */
export type Frame = Pick<PanelSpec, 'page' | 'python' | 'width' | 'height'>

export interface Link {
  readonly title: string
  /** The uid of the dashboard. */
  readonly uid: string
  /** More parameters of the address. */
  readonly parameters?: string
}

export const pythonSentences = {
  none: 'The Python package has no such metric.',
  partly: 'In the Python package:',
} as const

/** Every panel and variable reads the data source that the variable names. */
export const source: common.DataSourceRef = { type: 'prometheus', uid: `\${datasource}` }

export function descriptionOf({ description, page, python }: PanelSpec): string {
  return [description, sentenceAbout(python), `More: ${page}`].filter(Boolean).join(' ')
}

function sentenceAbout(python: Python): string {
  if (python === 'data') return ''
  if (python === 'none') return pythonSentences.none
  return `${pythonSentences.partly} ${python.partly}`
}

export function rangeQueries({ queries }: PanelSpec): DataqueryBuilder[] {
  return queries.map(({ expression, legend, hasExemplars = false }, index) => {
    const query = new DataqueryBuilder().datasource(source).refId(letter(index)).range()
    return query.expr(expression).legendFormat(legend).exemplar(hasExemplars)
  })
}

/** One value per series, for tables and single numbers. */
export function instantQueries(
  { queries }: PanelSpec,
  format: PromQueryFormat = PromQueryFormat.TimeSeries,
): DataqueryBuilder[] {
  return queries.map(({ expression, legend }, index) => {
    const query = new DataqueryBuilder().datasource(source).refId(letter(index)).instant()
    return query.expr(expression).legendFormat(legend).format(format)
  })
}

export function letter(index: number): string {
  return String.fromCharCode(65 + index)
}

export function thresholdsOf({ steps = [] }: PanelSpec): dashboard.ThresholdsConfigBuilder {
  const base: dashboard.Threshold = { value: null, color: steps.length === 0 ? 'blue' : 'green' }
  const others = steps.map(({ from, color }) => ({ value: from, color }))
  const mode = dashboard.ThresholdsMode.Absolute
  return new dashboard.ThresholdsConfigBuilder().mode(mode).steps([base, ...others])
}

/** Links to another dashboard, with its variables and the time. */
export function linksOf({ more }: PanelSpec): dashboard.DashboardLinkBuilder[] {
  return more === undefined ? [] : [linkTo(more)]
}

export function linkTo({ title, uid, parameters = '' }: Link): dashboard.DashboardLinkBuilder {
  const variables = `\${datasource:queryparam}&\${job:queryparam}&\${instance:queryparam}`
  const url = `/d/${uid}?${parameters}${variables}&\${__url_time_range}`
  return new dashboard.DashboardLinkBuilder(title).type(dashboard.DashboardLinkType.Link).url(url)
}

export function tooltip(): common.VizTooltipOptionsBuilder {
  const mode = common.TooltipDisplayMode.Multi
  return new common.VizTooltipOptionsBuilder().mode(mode).sort(common.SortOrder.Descending)
}
