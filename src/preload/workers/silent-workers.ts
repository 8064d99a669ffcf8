import { relayLimits } from '../../limits/relay.ts'
import { nodeClock } from '../../support/clock.ts'
import { silentWorker } from '../advice/advice.ts'
import { tell } from '../advice/tell.ts'

/** Warns once if a worker listens and sends no report. */
export class SilentWorkers {
  readonly #isSilent: (forkNumber: number) => boolean
  #isWatching = false

  /** @param isSilent whether the worker lives and has sent no report. */
  constructor(isSilent: (forkNumber: number) => boolean) {
    this.#isSilent = isSilent
  }

  /** Call `watch` when a worker listens. One worker at a time is enough. */
  watch(forkNumber: number): void {
    if (this.#isWatching || !this.#isSilent(forkNumber)) return
    this.#isWatching = true
    nodeClock.after(relayLimits.reportTimeoutMs, () => {
      if (this.#isSilent(forkNumber)) tell(silentWorker)
      else this.#isWatching = false
    })
  }
}
