import { type MasterReason, masterReason, masterSignalNames } from '../../model/signal.ts'

/** The signals of a master for which this process listens now. Adds no listener. */
function listenedSignals(): MasterReason[] {
  return masterSignalNames.flatMap((name) =>
    process.listenerCount(name) > 0 ? (masterReason(name) ?? []) : [],
  )
}

/** Tells each signal once, when the process is first seen to listen for the signal. */
export class ListenedSignals {
  readonly #known = new Set<MasterReason>()

  /** The signals since the last call. */
  news(): MasterReason[] {
    const found = listenedSignals().filter((reason) => !this.#known.has(reason))
    for (const reason of found) this.#known.add(reason)
    return found
  }

  /** The next call tells all signals again. */
  reset(): void {
    this.#known.clear()
  }
}
