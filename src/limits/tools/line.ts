/** Bounds of `commands/line`, each with its unit. */
export const lineLimits = {
  /** Time in which the process of a command ends by itself, milliseconds. */
  endMs: 1_000,
  /** Width of a help text, columns. */
  helpColumns: 100,
  /** Width of an option and its value in a help text, columns. */
  flagColumns: 30,
} as const
