/** Bounds of `push`, each with its unit. */
export const pushLimits = {
  /**
   * Time after the first push of a restarted thread in which totals of live workers return,
   * seconds. Longer than the time for a report.
   */
  refillSeconds: 15,
  /** Default timeout of one export, milliseconds. */
  exportTimeoutMs: 10_000,
  /** Data points in one request of a push. */
  pushPoints: 5_000,
  /** First and longest pause after a failed push, milliseconds; never above the interval. */
  pushRetryFirstMs: 1_000,
  pushRetryLastMs: 30_000,
  /**
   * Time for one request of OTel's exporter, milliseconds. The exporter itself can take two
   * minutes for a connection without a response.
   */
  pushTimeoutMs: 180_000,
  /** Time of the resource detectors, for example to find the id of the machine, milliseconds. */
  resourceTimeoutMs: 2_000,
} as const
