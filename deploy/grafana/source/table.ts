import * as common from '@grafana/grafana-foundation-sdk/common'
import type * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import * as tables from '@grafana/grafana-foundation-sdk/table'
import {
  descriptionOf,
  instantQueries,
  type Link,
  letter,
  linksOf,
  linkTo,
  type PanelSpec,
  type Step,
  source,
} from './panel.ts'
import type { Placed, State } from './panels.ts'

export interface Column {
  readonly title: string
  readonly expression: string
  readonly unit: string
  readonly decimals?: number
  readonly steps?: readonly Step[]
  /** Texts in place of numbers. */
  readonly states?: readonly State[]
}

export interface TableSpec extends Omit<PanelSpec, 'queries' | 'unit'> {
  /** The labels that name a row, with the titles of their columns. All columns group by them. */
  readonly keys: Readonly<Record<string, string>>
  readonly columns: readonly Column[]
  /** A link of the cells of a key. */
  readonly link?: Link & { readonly key: string }
  /** The title of the column that sorts the rows. */
  readonly sortedBy: string
}

/** A row for each set of labels, and a column for each query. */
export function table(spec: TableSpec): Placed {
  const queries = spec.columns.map(({ title, expression }) => ({ legend: title, expression }))
  const panelSpec: PanelSpec = { ...spec, unit: 'short', queries }
  const panel = new tables.PanelBuilder()
    .title(spec.title)
    .description(descriptionOf(panelSpec))
    .datasource(source)
    .targets(instantQueries(panelSpec, PromQueryFormat.Table))
    .links(linksOf(panelSpec))
    .transformations(joined(spec))
    .overrides([...spec.columns.map(columnOverride), ...keyOverrides(spec)])
    .noValue('')
    .filterable(true)
    .cellHeight(common.TableCellHeight.Sm)
    .sortBy([new common.TableSortByFieldStateBuilder().displayName(spec.sortedBy).desc(true)])
  return { panel, width: spec.width, height: spec.height }
}

/** One table of all queries, with titles in place of letters. */
function joined({ keys, columns }: TableSpec): dashboard.DataTransformerConfig[] {
  const titles = columns.map(({ title }, index) => [`Value #${letter(index)}`, title])
  const order = [...Object.keys(keys), ...columns.map((_, index) => `Value #${letter(index)}`)]
  return [
    { id: 'merge', options: {} },
    {
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(order.map((name, index) => [name, index])),
        renameByName: { ...keys, ...Object.fromEntries(titles) },
      },
    },
  ]
}

type Override = dashboard.FieldConfigSource['overrides'][number]

function columnOverride({ title, unit, decimals, steps = [], states = [] }: Column): Override {
  const properties: dashboard.DynamicConfigValue[] = [{ id: 'unit', value: unit }]
  if (decimals !== undefined) properties.push({ id: 'decimals', value: decimals })
  if (steps.length > 0) {
    const others = steps.map(({ from, color }) => ({ value: from, color }))
    const value = { mode: 'absolute', steps: [{ value: null, color: 'text' }, ...others] }
    properties.push({ id: 'thresholds', value }, colored)
  }
  if (states.length > 0) {
    const options = states.map(({ value, text, color }) => [`${value}`, { text, color }])
    const value = [{ type: 'value', options: Object.fromEntries(options) }]
    properties.push({ id: 'mappings', value }, colored)
  }
  return { matcher: { id: 'byName', options: title }, properties }
}

const colored = { id: 'custom.cellOptions', value: { type: 'color-text' } }

function keyOverrides({ keys, link }: TableSpec): Override[] {
  if (link === undefined) return []
  const value = [linkTo(link).build()]
  const matcher = { id: 'byName', options: keys[link.key] }
  return [{ matcher, properties: [{ id: 'links', value }] }]
}
