/** Bounds of `relay`, each with its unit. */
export const relayLimits = {
  /** How often a source reports what changed, milliseconds. */
  reportIntervalMs: 1_000,
  /** How long one report may stay unacknowledged before the next goes out all the same, milliseconds. */
  reportTimeoutMs: 10_000,
  /** Reports on their way to a primary that takes none. */
  reportsInFlight: 3,
  /** A last report up to this size goes over IPC at exit; a larger one through a file. Characters. */
  lastReportChars: 60_000,
  /** A report above this size is refused by the receiving side. Characters. */
  reportChars: 67_108_864,
  /** Entries of a shared directory that are looked at. */
  directoryEntries: 10_000,
  /** What a process says there of who it is, or how it ended, bytes. */
  processFileBytes: 4_096,
  /** Series one source may report. */
  seriesPerSource: 20_000,
} as const
