import { shareLimits } from '../limits/share.ts'

export interface ReadBudgetOptions {
  /** Time between two round trips, milliseconds. */
  readonly intervalMs: number
  /** Milliseconds of a monotonic clock. */
  readonly now: number
}

/** The bytes of states that a process reads while no request needs them. */
export class ReadBudget {
  readonly #mostBytes: number
  #bytes: number
  #at: number

  constructor({ intervalMs, now }: ReadBudgetOptions) {
    this.#mostBytes = bytesIn(Math.max(1_000, intervalMs))
    this.#bytes = this.#mostBytes
    this.#at = now
  }

  /** Adds the bytes for the time since the last call. */
  advance(now: number): void {
    this.#bytes = Math.min(this.#mostBytes, this.#bytes + bytesIn(now - this.#at))
    this.#at = now
  }

  /** Corrects what was spent for a state by the size that the state turned out to have. */
  correct(missingBytes: number): void {
    this.#charge(missingBytes)
  }

  /** @returns whether the state may be read. A large state delays the next states. */
  spend(bytes: number): boolean {
    if (this.#bytes <= 0) return false
    this.#charge(bytes)
    return true
  }

  #charge(bytes: number): void {
    this.#bytes = Math.max(this.#bytes - bytes, -bytesIn(shareLimits.longestReadPauseMs))
  }
}

function bytesIn(ms: number): number {
  return (ms * shareLimits.stateBytesPerSecond) / 1_000
}
