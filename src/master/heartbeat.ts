/** The heartbeats of a worker, as far as the master has read them. */
export class Heartbeat {
  readonly #now: () => number
  #lastAt: number
  #hasBeaten = false

  constructor(now: () => number) {
    this.#now = now
    this.#lastAt = now()
  }

  get hasBeaten(): boolean {
    return this.#hasBeaten
  }

  beat(): void {
    this.#lastAt = this.#now()
    this.#hasBeaten = true
  }

  /** Starts the silence over, when the master has read nothing for a while. */
  restart(now: number): void {
    this.#lastAt = now
  }

  silenceMs(now: number): number {
    return now - this.#lastAt
  }
}
