/** Bounds of `live`, each with its unit. */
export const liveLimits = {
  /** Time between two samples of the history, milliseconds. */
  stepMs: 2_000,
  /** Samples that the history holds: 15 minutes. */
  samples: 450,
  /** Workers with a history. Other workers have current values only. */
  workers: 64,
  /** Routes in the document. */
  routes: 200,
  /** Instances of a sidecar in the document. */
  instances: 1_000,
  /** Names of metrics in the document. */
  names: 2_000,
} as const
