/** Bounds of `push`, each with its unit. */
export const pushLimits = {
  /** How long after the first push of a restarted thread the workers' totals are still coming back to it, seconds: longer than a report may take. */
  refillSeconds: 15,
  /** How long one export may take, unless the environment says otherwise, milliseconds. */
  exportTimeoutMs: 10_000,
  /** Data points in one request of a push. */
  pushPoints: 5_000,
  /** First and last pause before a failed push is tried again, milliseconds; never longer than the interval. */
  pushRetryFirstMs: 1_000,
  pushRetryLastMs: 30_000,
  /** How long OTel's exporter may take for one request; a connection that nobody answers takes two minutes, milliseconds. */
  pushTimeoutMs: 180_000,
  /** How long the machine's id may take to be found, milliseconds. */
  resourceTimeoutMs: 2_000,
} as const
