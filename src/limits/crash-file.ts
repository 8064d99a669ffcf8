/** Bounds of `crash-file`, each with its unit. */
export const crashFileLimits = {
  /** One crash file, bytes. */
  crashFileBytes: 2_097_152,
  /** The name of one series, bytes. A crash file omits a series with a longer name. */
  crashNameBytes: 8_192,
  /** How often a worker with new counts tries to make its crash file, milliseconds. */
  crashFilePollMs: 1_000,
  /** How often a worker with new counts tries again after an error of its file, milliseconds. */
  crashFileRetryMs: 1_000,
  /**
   * Workers whose counts live in memory, at the same time. Each takes a descriptor of the primary.
   * Further workers write files.
   */
  crashMemories: 1_000,
  /** Turns of the event loop with one count, in a row, until a worker writes each count at once. */
  singleTurns: 16,
  /** Writes at once, until the worker looks at a whole turn again. */
  writesAtOnce: 256,
  /** How often a worker with new counts looks whether its file is in place, milliseconds. */
  crashFileCheckMs: 1_000,
} as const
