import { collectLimits } from '../../limits/collect.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import { clearImmediate, setImmediate } from '../../support/intrinsics/timers.ts'
import type { Stop } from '../../support/stop.ts'

const { delaySampleMs, delayWindowPartMs, restingLoopMs, restingTurns } = collectLimits

export interface RestingLoopOptions {
  /** Milliseconds of work of the event loop so far. */
  readonly activeMs: () => number
  /** Called once, when the loop works: after a long turn, and after many turns. */
  readonly onWork: () => void
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number
  /** Calls back after the event loop has polled for the next time. */
  readonly afterPoll?: (act: () => void) => Stop
}

/**
 * Watches an event loop that rests, without a timer: a timer would be most of the cost of an idle
 * process. An unreferenced immediate runs after the next event, whatever the event is, and the work
 * of the loop since then is the length of the turn. The immediate keeps no process alive.
 */
export class RestingLoop {
  readonly #options: Required<RestingLoopOptions>
  readonly #startedAt: number
  /** Long turns, milliseconds. At most one: the loop then works. */
  readonly #stalls: number[] = []
  #active: number
  #turns = 0
  #stop: Stop = () => {}

  constructor(options: RestingLoopOptions) {
    this.#options = { now: monotonicNow, afterPoll, ...options }
    this.#startedAt = this.#options.now()
    this.#active = this.#options.activeMs()
    this.#wait()
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.#options.now() - this.#startedAt
  }

  /** Ends the watch. @returns the delays since the start as samples of a timer, seconds. */
  end(): number[] {
    this.#stop()
    this.#measure()
    const worked = this.#stalls.reduce((sum, stall) => sum + stall, 0)
    const rested = Math.max(0, this.elapsedMs - worked)
    // A timer reads the delays each `delayWindowPartMs`. After more time, the process was stopped.
    const beyond = rested - delayWindowPartMs
    const pauses = beyond < delaySampleMs ? [] : [beyond]
    const samples = Math.floor((pauses.length > 0 ? delayWindowPartMs : rested) / delaySampleMs)
    const delays = [...this.#stalls, ...pauses].map((each) => each / 1_000)
    return [...delays, ...new Array(samples).fill(0)]
  }

  #wait(): void {
    this.#stop = this.#options.afterPoll(() => this.#turn())
  }

  #turn(): void {
    this.#turns += 1
    if (this.#measure() || this.#turns >= restingTurns) this.#options.onWork()
    else this.#wait()
  }

  /** @returns whether the turn since the last measurement was long. */
  #measure(): boolean {
    const active = this.#options.activeMs()
    const turn = active - this.#active
    this.#active = active
    if (turn < restingLoopMs) return false
    this.#stalls.push(turn)
    return true
  }
}

function afterPoll(act: () => void): Stop {
  const immediate = setImmediate(act).unref()
  return () => clearImmediate(immediate)
}
