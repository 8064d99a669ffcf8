/** Bounds of `relay`, each with its unit. */
export const relayLimits = {
  /** How often a source reports its changes, milliseconds. */
  reportIntervalMs: 1_000,
  /** How long a reporter waits for the acknowledgement of one report, milliseconds. */
  reportTimeoutMs: 10_000,
  /** How long the primary of a user's SDK waits for last reports at its shutdown, milliseconds. */
  lastReportsMs: 1_000,
  /** Reports that a worker has sent and the primary has not read. */
  reportsInFlight: 3,
  /**
   * A last report up to this size goes over IPC at exit. A larger one goes to a file. Characters.
   */
  lastReportChars: 60_000,
  /** The receiver refuses a report above this size. Characters. */
  reportChars: 67_108_864,
  /** The receiver refuses a text of an uncaught error above this size. Characters. */
  errorChars: 8_000,
  /** Entries of a shared directory that a process reads. */
  directoryEntries: 10_000,
  /** Files in the directory of a primary whose times a process reads. */
  ownDirectoryEntries: 1_000,
  /** How long the directory of a dead primary without an identity stays, milliseconds. */
  ownerlessMs: 60_000,
  /**
   * How long an unchanged directory stays where the system cannot tell whether its primary is
   * alive, milliseconds.
   */
  abandonedMs: 604_800_000,
  /** How often a primary writes its identity again, milliseconds. */
  refreshMs: 3_600_000,
  /** How often a primary looks for its directory, milliseconds. */
  directoryCheckMs: 1_000,
  /** The file with the identity or the end of a process, bytes. */
  processFileBytes: 4_096,
  /** Series that one source may report. */
  seriesPerSource: 20_000,
} as const
