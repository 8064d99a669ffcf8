import type { Attributes, Metric } from './metric.ts'

/** Adjacent series of one metric. A reader keeps its text of a block until `version` changes. */
export interface SeriesBlock {
  /** Grows with each change of a value, and when a series comes or goes. */
  readonly version: number
  /** Grows when a series comes or goes. */
  readonly shape: number
  /** In the order of the page. Only series with a value. */
  readonly rows: readonly SeriesRow[]
}

export interface SeriesRow {
  /** The same object as long as the series lives. */
  readonly attributes: Attributes
  /**
   * Place in `BlockMetric.values`. A number: the value. A histogram: the sum, then one count for
   * each bucket (not cumulative), `bounds.length + 1` of them.
   */
  readonly at: number
}

/** A metric whose values are in one array. `points` makes objects, for readers that need them. */
export interface BlockMetric extends Metric {
  readonly values: Float64Array
  readonly blocks: readonly SeriesBlock[]
}

export function isBlockMetric(metric: Metric): metric is BlockMetric {
  return 'blocks' in metric
}

/** The metrics of this moment, for readers that keep them: a `BlockMetric` changes. */
export function keptMetrics(metrics: readonly Metric[]): Metric[] {
  return metrics.map(({ descriptor, points }) => ({ descriptor, points }))
}
