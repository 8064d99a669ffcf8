/** The heartbeats that a master has read from one worker. */
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

  /** Starts the silence over, after a time in which the master has read nothing. */
  restart(now: number): void {
    this.#lastAt = now
  }

  silenceMs(now: number): number {
    return now - this.#lastAt
  }
}
