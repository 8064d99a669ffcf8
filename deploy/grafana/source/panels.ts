import type * as cog from '@grafana/grafana-foundation-sdk/cog'
import * as common from '@grafana/grafana-foundation-sdk/common'
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard'
import * as heatmaps from '@grafana/grafana-foundation-sdk/heatmap'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import * as stats from '@grafana/grafana-foundation-sdk/stat'
import * as timelines from '@grafana/grafana-foundation-sdk/statetimeline'
import * as timeSeries from '@grafana/grafana-foundation-sdk/timeseries'
import {
  descriptionOf,
  instantQueries,
  linksOf,
  type PanelSpec,
  rangeQueries,
  source,
  thresholdsOf,
  tooltip,
} from './panel.ts'

/*
 * The kinds of panels. A gap in the data stays a gap, because an exporter that is down must show.
 */

/** A panel without a place. */
export type Panel = cog.Builder<dashboard.Panel>

export interface Placed {
  readonly panel: Panel
  readonly width: number
  readonly height: number
}

export interface LinesSpec extends PanelSpec {
  /** Stacks the areas, for parts of a whole. */
  readonly isStacked?: boolean
  /** Bars, for events that are rare. */
  readonly hasBars?: boolean
  readonly max?: number
}

/** Lines over time. */
export function lines(spec: LinesSpec): Placed {
  const { isStacked = false, hasBars = false } = spec
  const panel = new timeSeries.PanelBuilder()
    .title(spec.title)
    .description(descriptionOf(spec))
    .datasource(source)
    .targets(rangeQueries(spec))
    .links(linksOf(spec))
    .unit(spec.unit)
    .min(0)
    .thresholds(thresholdsOf(spec))
    .thresholdsStyle(thresholdsStyle(spec))
    .legend(legend())
    .tooltip(tooltip())
    .drawStyle(hasBars ? common.GraphDrawStyle.Bars : common.GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(hasBars ? 80 : isStacked ? 30 : 8)
    .showPoints(common.VisibilityMode.Auto)
    .spanNulls(false)
    .stacking(stacking(isStacked || hasBars))
  if (spec.max !== undefined) panel.max(spec.max)
  return { panel, width: spec.width, height: spec.height }
}

function thresholdsStyle({ steps = [] }: PanelSpec): common.GraphThresholdsStyleConfigBuilder {
  const mode =
    steps.length === 0
      ? common.GraphThresholdsStyleMode.Off
      : common.GraphThresholdsStyleMode.Dashed
  return new common.GraphThresholdsStyleConfigBuilder().mode(mode)
}

function stacking(isStacked: boolean): common.StackingConfigBuilder {
  const mode = isStacked ? common.StackingMode.Normal : common.StackingMode.None
  return new common.StackingConfigBuilder().mode(mode).group('A')
}

/** A table below the lines: with 64 workers, the legend scrolls. */
function legend(): common.VizLegendOptionsBuilder {
  return new common.VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(common.LegendDisplayMode.Table)
    .placement(common.LegendPlacement.Bottom)
    .calcs(['lastNotNull', 'max'])
    .sortBy('Last *')
    .sortDesc(true)
}

/** The last value of each query. */
export function stat(spec: PanelSpec): Placed {
  const panel = lastValues(spec, rangeQueries(spec)).graphMode(common.BigValueGraphMode.Area)
  return { panel, width: spec.width, height: spec.height }
}

/** One number of the whole time range. The query has `$__range` in place of a rate. */
export function total(spec: PanelSpec): Placed {
  const panel = lastValues(spec, instantQueries(spec))
    .decimals(0)
    .graphMode(common.BigValueGraphMode.None)
  return { panel, width: spec.width, height: spec.height }
}

function lastValues(spec: PanelSpec, targets: ReturnType<typeof rangeQueries>): stats.PanelBuilder {
  return new stats.PanelBuilder()
    .title(spec.title)
    .description(descriptionOf(spec))
    .datasource(source)
    .targets(targets)
    .links(linksOf(spec))
    .unit(spec.unit)
    .noValue('no data')
    .thresholds(thresholdsOf(spec))
    .colorMode(common.BigValueColorMode.Value)
    .reduceOptions(new common.ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false))
}

export interface TimelineSpec extends PanelSpec {
  readonly states: readonly State[]
}

export interface State {
  readonly value: number
  readonly text: string
  readonly color: string
}

/** The state of each series over time. Twenty series are on a page of the panel. */
export function timeline(spec: TimelineSpec): Placed {
  const options = spec.states.map(({ value, text, color }) => [`${value}`, { text, color }])
  const panel = new timelines.PanelBuilder()
    .title(spec.title)
    .description(descriptionOf(spec))
    .datasource(source)
    .targets(rangeQueries(spec))
    .links(linksOf(spec))
    .unit(spec.unit)
    .mappings([{ type: dashboard.MappingType.ValueToText, options: Object.fromEntries(options) }])
    .thresholds(thresholdsOf(spec))
    .mergeValues(true)
    .showValue(common.VisibilityMode.Auto)
    .rowHeight(0.85)
    .perPage(20)
    .spanNulls(false)
    .legend(new common.VizLegendOptionsBuilder().showLegend(true))
  return { panel, width: spec.width, height: spec.height }
}

/** Shares of a histogram over time. The second query is for native histograms. */
export function heatMap(spec: PanelSpec): Placed {
  const targets = spec.queries.map(({ expression, legend: name }, index) =>
    new DataqueryBuilder()
      .datasource(source)
      .refId(index === 0 ? 'A' : 'B')
      .range()
      .expr(expression)
      .legendFormat(name)
      .format(PromQueryFormat.Heatmap),
  )
  const panel = new heatmaps.PanelBuilder()
    .title(spec.title)
    .description(descriptionOf(spec))
    .datasource(source)
    .targets(targets)
    .links(linksOf(spec))
    .calculate(false)
    .color(heatColors())
    .yAxis(new heatmaps.YAxisConfigBuilder().unit(spec.unit))
    .cellGap(1)
    .filterValues(new heatmaps.FilterValueRangeBuilder().le(1e-9))
    .showLegend()
  return { panel, width: spec.width, height: spec.height }
}

function heatColors(): heatmaps.HeatmapColorOptionsBuilder {
  const mode = heatmaps.HeatmapColorMode.Scheme
  return new heatmaps.HeatmapColorOptionsBuilder().mode(mode).scheme('Oranges').steps(64)
}
