/** Bounds of `push`, each with its unit. */
export const pushLimits = {
  /**
   * Time after the first push of a restarted thread in which totals of live workers return,
   * seconds. Longer than the time for a report.
   */
  refillSeconds: 15,
  /** Default timeout of one export, milliseconds. */
  exportTimeoutMs: 10_000,
  /** Time after the timeout of an export in which OTel's exporter ends by itself, milliseconds. */
  exportGraceMs: 1_000,
  /** Exports that OTel's exporter has not ended, until a new exporter replaces it. */
  unendedExports: 5,
  /** Shown and read beginning of the body of an answer, bytes. */
  answerBytes: 16_384,
  /** Data points in one request of a push. */
  pushPoints: 5_000,
  /** Pushes without a refusal for the size, until requests become larger again by a quarter. */
  pushesUntilLarger: 10,
  /** Requests of one push. */
  pushRequests: 200,
  /** Further requests of one push, which search for the refused metrics. */
  searchRequests: 32,
  /** Time after which a search begins no further request, milliseconds. A receiver can be slow. */
  searchMs: 5_000,
  /** Data points of a metric from which a sample decides whether the whole metric is refused. */
  searchedPoints: 16,
  /** Metrics that pushes leave out for a time, because the receiver refuses them. */
  refusedMetrics: 1_000,
  /** Refused data points of one metric. With more, pushes leave the whole metric out. */
  refusedPoints: 100,
  /** Names of refused metrics in one line of the log, and in `/status`. */
  namedMetrics: 5,
  shownMetrics: 20,
  /** First and longest time for which pushes leave a metric out, milliseconds. */
  refusedFirstMs: 300_000,
  refusedLastMs: 3_600_000,
  /** Statuses in the label of refused data points. Further statuses become `other`. */
  refusedStatuses: 20,
  /** First and longest pause after a failed push, milliseconds; never above the interval. */
  pushRetryFirstMs: 1_000,
  pushRetryLastMs: 30_000,
  /** Longest pause that a receiver gets by `Retry-After`, milliseconds. */
  retryAfterMs: 300_000,
  /** Time of the resource detectors, for example to find the id of the machine, milliseconds. */
  resourceTimeoutMs: 2_000,
} as const
