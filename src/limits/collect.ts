/** Bounds of `collect`, each with its unit. */
export const collectLimits = {
  /** Distinct `endpoint` values of a process. Later values become `_OTHER`. */
  endpoints: 200,
  /** Label sets of failed requests, and of handled errors, that a process keeps. */
  errorSeries: 1_000,
  /** Distinct `error_type` values of a process. Later values become `_OTHER`. */
  errorTypes: 100,
  /** Characters of a URL path that count. The rest of the path is ignored. */
  pathChars: 512,
  /** Servers that a process observes at the same time. */
  servers: 1_000,
  /**
   * Time after `exit` until a worker retires, even without `disconnect`; milliseconds.
   */
  retirementTimeoutMs: 5_000,
  /**
   * Time until a worker that closed its channel, and still lives, counts as leaving; milliseconds.
   */
  leavingTimeoutMs: 1_000,
  /** Interval between two samples of the event loop's delay, milliseconds. */
  delaySampleMs: 50,
} as const
