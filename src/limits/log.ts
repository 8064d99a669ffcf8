/** Bounds of `log`, each with its unit. */
export const logLimits = {
  /** Different warnings that one process prints on stderr. */
  warnings: 100,
  /** Changes of one state, pushes that fail and succeed for example, that are printed in the period, milliseconds. */
  stateChanges: 10,
  stateChangePeriodMs: 60_000,
  /** What is shown of a message of other programs, characters. */
  shownChars: 300,
} as const
