/** Bounds of `sidecar`, each with its unit. */
export const sidecarLimits = {
  sharedFilePollMs: 1_000,
  /** Files and directories of the shared directory that a sidecar looks at to tell its size. */
  measuredFiles: 100_000,
  /** How long a sidecar may take to end, milliseconds. */
  sidecarEndMs: 5_000,
} as const
