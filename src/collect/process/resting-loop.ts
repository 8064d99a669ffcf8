import { collectLimits } from '../../limits/collect.ts'
import { afterPoll, nodeClock } from '../../support/clock.ts'
import { monotonicNow } from '../../support/intrinsics/monotonic-now.ts'
import type { Stop } from '../../support/stop.ts'

const { delaySampleMs, restingCheckMs, restingTurnMs, restingTurns } = collectLimits

export interface RestingLoopOptions {
  /** Milliseconds of work of the event loop so far. */
  readonly activeMs: () => number
  /** Called once, when the loop works: after many turns. */
  readonly onWork: () => void
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number
  /** Calls back after the event loop has polled for the next time. */
  readonly afterPoll?: (act: () => void) => Stop
  /** Calls back after so many milliseconds. */
  readonly after?: (delayMs: number, act: () => void) => Stop
}

/**
 * Watches an event loop that rests, without a timer that wakes the loop: such a timer would be most
 * of the cost of an idle process. An unreferenced immediate runs after the next event, whatever the
 * event is, and the work of the loop since then is the length of the turn. The immediate keeps no
 * process alive. A pause of the process is no work, and makes a timer late.
 */
export class RestingLoop {
  readonly #options: Required<RestingLoopOptions>
  readonly #startedAt: number
  /** Long turns, and pauses of the process; milliseconds. */
  readonly #stalls: number[] = []
  #active: number
  #turns = 0
  /** When the timer runs, if the process has no pause. */
  #dueAt = 0
  #stop: Stop = () => {}
  #stopCheck: Stop = () => {}

  constructor(options: RestingLoopOptions) {
    this.#options = { now: monotonicNow, afterPoll, after: nodeClock.after, ...options }
    this.#startedAt = this.#options.now()
    this.#active = this.#options.activeMs()
    this.#wait()
    this.#startCheck()
  }

  /** Milliseconds since the start. */
  get elapsedMs(): number {
    return this.#options.now() - this.#startedAt
  }

  /** Ends the watch. @returns the delays since the start as samples of a timer, seconds. */
  end(): number[] {
    this.#stop()
    this.#stopCheck()
    this.#measure()
    const delayed = this.#stalls.reduce((sum, stall) => sum + stall, 0)
    const samples = Math.max(0, Math.floor((this.elapsedMs - delayed) / delaySampleMs))
    return [...this.#stalls.map((stall) => stall / 1_000), ...new Array(samples).fill(0)]
  }

  #wait(): void {
    this.#stop = this.#options.afterPoll(() => this.#turn())
  }

  #turn(): void {
    this.#turns += 1
    this.#measure()
    if (this.#turns >= restingTurns) this.#options.onWork()
    else this.#wait()
  }

  #startCheck(): void {
    this.#dueAt = this.#options.now() + restingCheckMs
    this.#stopCheck = this.#options.after(restingCheckMs, () => {
      this.#measure()
      this.#startCheck()
    })
  }

  /** Measures the turn since the last measurement. */
  #measure(): void {
    const active = this.#options.activeMs()
    const turn = active - this.#active
    this.#active = active
    const now = this.#options.now()
    const pause = now - this.#dueAt - turn
    if (pause >= delaySampleMs) this.#stalls.push(pause)
    // A timer that was due in a pause or in a long turn runs next.
    this.#dueAt = Math.max(this.#dueAt, now)
    if (turn >= restingTurnMs) this.#stalls.push(turn)
  }
}
