/** Bounds of `sidecar`, each with its unit. */
export const sidecarLimits = {
  /** Time between two readings of the shared directory, milliseconds. */
  sharedFilePollMs: 1_000,
  /** Time for the first application to make the shared directory, milliseconds. */
  directoryWaitMs: 60_000,
  /** Entries that a sidecar counts to measure the size of its directory. */
  measuredFiles: 100_000,
  /** Time for applications to give the port to a sidecar that starts, milliseconds. */
  handOverMs: 5_000,
  /** Time for the shutdown of a sidecar, milliseconds. */
  sidecarEndMs: 5_000,
} as const
