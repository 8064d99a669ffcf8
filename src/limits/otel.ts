/** Bounds of `otel`, each with its unit. */
export const otelLimits = {
  /**
   * Time for the application's observable instruments, milliseconds. After this time, a report
   * contains their last values.
   */
  observationTimeoutMs: 500,
  /** Time after which an instrumentation looks for a reader of its MeterProvider, milliseconds. */
  readerCheckMs: 10_000,
  /** Reads of OTel's API whose callers are looked at, where the API's version is unknown. */
  watchedReads: 256,
  /** Buckets on each side of zero of an exponential histogram. More buckets are merged in pairs. */
  exponentialBuckets: 320,
} as const
