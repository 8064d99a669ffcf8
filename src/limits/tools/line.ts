/** Bounds of `commands/line`, each with its unit. */
export const lineLimits = {
  /** Time in which the process of a command ends by itself, milliseconds. */
  endMs: 1_000,
} as const
