/** Bounds of `exporter`, each with its unit. */
export const exporterLimits = {
  /** Age of the last scrape up to which the end of a master waits for another, milliseconds. */
  scraperSeenMs: 120_000,
  /** Smallest heap of the exporter thread, mebibytes. More series need a larger heap. */
  threadHeapMb: 512,
  /**
   * Heap for one series while both formats are scraped, bytes. Measured with three labels each:
   * 300,000 gauges fit into 512 MiB, and 400,000 do not. 500,000 gauges fit into 768 MiB, with
   * long collections, and run well in 1,464 MiB.
   */
  threadSeriesBytes: 3_072,
  /**
   * Young generation of the heap, mebibytes. V8's default is 48, which makes no scrape faster.
   * After 40,000 hostile requests, the process uses 116 MB instead of 260 MB.
   */
  threadYoungHeapMb: 16,
  /** Restarts of the exporter thread after crashes. */
  threadRestarts: 5,
  /** Time that a process waits for its last push before it ends, milliseconds. */
  lastPushMs: 3_000,
  /** Part of `lastPushMs` for a push that is under way, milliseconds. */
  lastPushGraceMs: 1_000,
  /** Part of `lastPushMs` for the last reports of workers, milliseconds. */
  lastReportsTimeoutMs: 2_000,
  /** The same for workers that disconnected before: open connections can keep them, ms. */
  detachedTimeoutMs: 500,
  /** How often the thread looks for the files of these reports, milliseconds. */
  lastReportsPollMs: 5,
  /** Time for the thread to prepare the start of a new master, milliseconds. */
  offerMs: 2_000,
  /** Time for the thread to answer a question of its process, milliseconds. */
  answerMs: 5_000,
  /** Longest age of a reading of the cgroup's memory, milliseconds. */
  cgroupReadingMs: 5_000,
} as const
