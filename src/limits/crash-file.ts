/** Bounds of `crash-file`, each with its unit. */
export const crashFileLimits = {
  /** A crash file, bytes. */
  crashFileBytes: 1_048_576,
  /** The name of one series in a crash file, bytes; a series with a longer one is not in it. */
  crashNameBytes: 8_192,
  /** How often a worker that has counted something looks whether its crash file can be made, milliseconds. */
  crashFilePollMs: 1_000,
} as const
