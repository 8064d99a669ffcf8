/**
 * The global key of a process's preload. The package's entry is another bundle. A process can load
 * the entry several times. Each copy finds the preload by the key.
 */
export const preloadKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.preload')

export interface DeathTeller {
  /** Whether the preload logs the ends of this process's workers. */
  readonly tellsDeaths: () => boolean
}

/** Whether this process has a preload that logs the ends of the workers. */
export function preloadTellsDeaths(): boolean {
  const preload: Partial<DeathTeller> | undefined = Reflect.get(globalThis, preloadKey)
  return preload?.tellsDeaths?.() === true
}
