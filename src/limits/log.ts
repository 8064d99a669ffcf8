/** Bounds of `log`, each with its unit. */
export const logLimits = {
  /** Different warnings on the stderr of one process. */
  warnings: 100,
  /** Printed changes of one state in a period, for example of a push that fails. */
  stateChanges: 10,
  /** Lines about processes that hang, in `hangPeriodMs`. */
  hangs: 10,
  /** Milliseconds. */
  hangPeriodMs: 60_000,
  /** The period of `stateChanges`, milliseconds. */
  stateChangePeriodMs: 60_000,
  /** Lines about abnormal ends of workers in a period. */
  deaths: 10,
  /** The period of `deaths`, milliseconds. */
  deathPeriodMs: 60_000,
  /** Length of a shown message of another program, characters. */
  shownChars: 300,
} as const
