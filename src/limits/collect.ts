/** Bounds of `collect`, each with its unit. */
export const collectLimits = {
  /** Distinct `endpoint` values one process names before new ones become `_OTHER`. */
  endpoints: 200,
  /** Label sets of failed and handled errors, each, that one process keeps. */
  errorSeries: 1_000,
  /** Distinct error class names one process names before new ones become `_OTHER`. */
  errorTypes: 100,
  /** Characters of a URL path that are looked at. */
  pathChars: 512,
  /** Servers one process observes. */
  servers: 1_000,
  /**
   * A worker whose `exit` was seen is retired after this even if `disconnect` never comes,
   * milliseconds.
   */
  retirementTimeoutMs: 5_000,
  /** A worker that closed its channel unasked and lives on after this is leaving, milliseconds. */
  leavingTimeoutMs: 1_000,
  /** How often the event loop's delay is sampled, milliseconds. */
  delaySampleMs: 50,
} as const
