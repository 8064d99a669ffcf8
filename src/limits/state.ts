/** Bounds of `state`, each with its unit. */
export const stateLimits = {
  /** Metric names in the aggregator. */
  metrics: 10_000,
  /** Series on the page, over all sources. The default of a setting. */
  series: 100_000,
  /** The largest number that the setting allows. One scrape of so many series takes seconds. */
  mostSeries: 500_000,
  /**
   * Time that the counters and histograms of an ended worker stay on the page, milliseconds. The
   * default of a setting.
   */
  retentionMs: 300_000,
  /** The longest time that the setting allows, milliseconds. */
  longestRetentionMs: 86_400_000,
  /** Ended workers with series on the page. */
  retainedWorkers: 100,
  /** The last deaths on `/status`. */
  deaths: 50,
  /** Time between an out-of-memory kill and the end of the killed worker, milliseconds. */
  oomAttributionMs: 5_000,
} as const
