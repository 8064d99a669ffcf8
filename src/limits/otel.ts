/** Bounds of `otel`, each with its unit. */
export const otelLimits = {
  /** How long the application's observable instruments may take before a report goes without them, milliseconds. */
  observationTimeoutMs: 500,
  /** Buckets on either side of zero of an exponential histogram, reported or merged; more are joined by twos. */
  exponentialBuckets: 320,
} as const
