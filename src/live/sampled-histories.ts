import { liveLimits } from '../limits/tools/live.ts'
import { Routes } from './counts/routes.ts'
import { Sampler } from './sampler.ts'

/** A history with the requests by route, of everything or of one instance. */
export interface SampledHistory {
  readonly sampler: Sampler
  readonly routes: Routes
  /** Milliseconds of the monotonic clock. */
  lookedAt: number
}

/** The histories of a live page, by instance; undefined: of everything. */
export class SampledHistories {
  readonly #histories = new Map<string | undefined, SampledHistory>()

  get(instance: string | undefined): SampledHistory | undefined {
    return this.#histories.get(instance)
  }

  entries(): Iterable<[instance: string | undefined, history: SampledHistory]> {
    return this.#histories
  }

  /** The history that was looked at longest ago makes room. */
  add(instance: string | undefined, now: number): SampledHistory {
    const history = { sampler: new Sampler(), routes: new Routes(), lookedAt: now }
    if (this.#histories.size >= liveLimits.histories) {
      const [oldest] = [...this.#histories].sort(
        ([, one], [, other]) => one.lookedAt - other.lookedAt,
      )
      if (oldest) this.#histories.delete(oldest[0])
    }
    this.#histories.set(instance, history)
    return history
  }

  /** Drops histories at which nobody looks. */
  expire(now: number): void {
    for (const [instance, { lookedAt }] of this.#histories) {
      if (now - lookedAt > liveLimits.lookedAtMs) this.#histories.delete(instance)
    }
  }
}
