/** Bounds of `state`, each with its unit. */
export const stateLimits = {
  /** Metric names the ledger keeps. */
  metrics: 10_000,
  /** Series on the page, over all sources, unless it is told another number. */
  series: 100_000,
  /** The largest number that it may be told: one scrape of so many takes some seconds. */
  mostSeries: 500_000,
  /** How long the series of an ended worker stay on the page, milliseconds. */
  retentionMs: 300_000,
  /** Ended workers whose series stay on the page. */
  retainedWorkers: 100,
  /** Deaths that the status tells: the last ones. */
  deaths: 50,
  /** How long a kill of the kernel's that was counted may wait for the worker it hit, milliseconds. */
  oomClaimMs: 5_000,
} as const
