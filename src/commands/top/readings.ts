import { topLimits } from '../../limits/tools/top.ts'
import { backoffMs } from '../../support/backoff.ts'
import { keepAliveClock } from '../../support/clock.ts'
import { messageOf } from '../../support/error-message.ts'
import type { Stop } from '../../support/stop.ts'
import type { Reading } from './source/reading.ts'
import type { Source } from './source/source.ts'

export interface ReadingsOptions {
  readonly source: Pick<Source, 'read'>
  /** The figures of before the first round. */
  readonly first: Reading
  /** Called after each round. `reading` is undefined after a failure. */
  readonly onRound: (reading: Reading | undefined) => void
}

const pauses = {
  firstMs: topLimits.firstPauseMs,
  lastMs: topLimits.lastPauseMs,
  jitter: { from: 0.8, to: 1.2 },
}

/** Reads an exporter again and again, one reading at a time. */
export class Readings {
  readonly #options: ReadingsOptions
  #last: Reading
  #readAt = keepAliveClock.now()
  #nextAt = 0
  #failure: string | undefined
  #failures = 0
  #cancel: Stop = () => {}
  #isReading = false
  #round = 0
  #intervalMs = 1_000 * topLimits.intervalSeconds
  #instance: string | null = null

  constructor(options: ReadingsOptions) {
    this.#options = options
    this.#last = options.first
  }

  get last(): Reading {
    return this.#last
  }

  get failure(): string | undefined {
    return this.#failure
  }

  get ageSeconds(): number {
    return (keepAliveClock.now() - this.#readAt) / 1_000
  }

  get retrySeconds(): number {
    return Math.max(0, (this.#nextAt - keepAliveClock.now()) / 1_000)
  }

  /** The next reading comes after the interval; of another instance, at once. */
  pace(intervalSeconds: number, instance: string | null): void {
    this.#intervalMs = 1_000 * intervalSeconds
    const isOther = instance !== this.#instance
    this.#instance = instance
    // The answer to a question for another instance is dropped.
    if (isOther) this.#round += 1
    if (isOther) this.#isReading = false
    this.#schedule(isOther ? 0 : this.#pauseMs())
  }

  stop(): void {
    this.#round += 1
    this.#cancel()
  }

  #pauseMs(): number {
    if (this.#failures > 0) return backoffMs(this.#failures, pauses)
    // An exporter with many readers asks for longer pauses. Its usual pause is one second.
    const { pollSeconds } = this.#last.document
    return pollSeconds > 1 ? Math.max(this.#intervalMs, 1_000 * pollSeconds) : this.#intervalMs
  }

  #schedule(delayMs: number): void {
    if (this.#isReading) return
    this.#cancel()
    this.#nextAt = keepAliveClock.now() + delayMs
    this.#cancel = keepAliveClock.after(delayMs, () => void this.#read())
  }

  async #read(): Promise<void> {
    this.#isReading = true
    this.#round += 1
    const round = this.#round
    let reading: Reading | undefined
    let failure: string | undefined
    try {
      reading = await this.#options.source.read(this.#instance)
    } catch (error) {
      failure = messageOf(error)
    }
    if (round !== this.#round) return
    this.#isReading = false
    this.#failure = failure
    this.#failures = reading ? 0 : this.#failures + 1
    if (reading) {
      this.#last = reading
      this.#readAt = keepAliveClock.now()
    }
    this.#schedule(this.#pauseMs())
    this.#options.onRound(reading)
  }
}
