/** Bounds of `exporter`, each with its unit. */
export const exporterLimits = {
  /** Heap of the exporter thread, mebibytes; more where more series are allowed than find room in it. */
  threadHeapMb: 512,
  /**
   * What the thread may need for one series on the page while it is scraped in both formats, bytes. Measured with three labels
   * each: 300,000 gauges find room in 512 MiB and 400,000 do not, 500,000 do in 768 MiB, slowly, and well in 1,464.
   */
  threadSeriesBytes: 3_072,
  /**
   * The part of it for what is new, mebibytes. A scrape takes no longer than with V8's own 48; but after
   * 10,000 hostile requests the process holds 116 MB instead of 166, and after 40,000 still 116 instead of 260.
   */
  threadYoungHeapMb: 16,
  /** Times the exporter thread is started again after a crash. */
  threadRestarts: 5,
  /** How long the process may wait at its end for the last push, milliseconds. */
  lastPushMs: 3_000,
  /** How much of that the push that is under way has to arrive, milliseconds. */
  lastPushGraceMs: 1_000,
  /** How much of that workers have to leave their last reports, milliseconds. */
  lastReportsTimeoutMs: 2_000,
  /** How often their files are looked for, milliseconds. */
  lastReportsPollMs: 10,
  /** How long the state of the sharing may take to be told, milliseconds. */
  forwarderStatusMs: 5_000,
} as const
