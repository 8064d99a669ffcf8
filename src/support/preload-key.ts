/**
 * The global key of a process's preload. The package's entry is another bundle. A process can load
 * the entry several times. Each copy finds the preload by the key.
 */
export const preloadKey: unique symbol = Symbol.for('gunicorn-prometheus-exporter.preload')

/** Texts of the package's programs, by the names of their files. */
export type ProgramTexts = Readonly<Record<string, string>>

export interface DeathTeller {
  /** Whether the preload logs the ends of this process's workers. */
  readonly tellsDeaths: () => boolean
}

/** A preload inside a bundle, which has no files beside it. */
export interface PackedPreload {
  readonly programTexts: ProgramTexts | undefined
}

/** Whether this process has a preload that logs the ends of the workers. */
export function preloadTellsDeaths(): boolean {
  const preload: Partial<DeathTeller> | undefined = Reflect.get(globalThis, preloadKey)
  return preload?.tellsDeaths?.() === true
}

/** The texts of the programs, if the preload of this process is in a bundle. */
export function packedProgramTexts(): ProgramTexts | undefined {
  const preload: Partial<PackedPreload> | undefined = Reflect.get(globalThis, preloadKey)
  return preload?.programTexts
}
