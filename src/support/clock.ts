import { guarded } from './guarded.ts'
import { monotonicNow } from './intrinsics/monotonic-now.ts'
import {
  clearImmediate,
  clearInterval,
  clearTimeout,
  setImmediate,
  setInterval,
  setTimeout,
} from './intrinsics/timers.ts'
import type { Stop } from './stop.ts'

/** Time as a value: a test passes a clock that it moves by hand. */
export interface Clock {
  /** Milliseconds since a fixed moment. The value never goes back. */
  readonly now: () => number
  /** Calls `act` once, after so many milliseconds. */
  readonly after: (delayMs: number, act: () => void) => Stop
  /** Calls `act` each time so many milliseconds have passed. */
  readonly every: (periodMs: number, act: () => void) => Stop
}

/**
 * The clock of Node. Its timers do not keep the process alive. An error of `act` ends the process,
 * unless `catchTimerFaults` was called.
 */
export const nodeClock: Clock = {
  now: monotonicNow,
  after(delayMs, act) {
    const timer = setTimeout(() => run(act), delayMs).unref()
    return () => clearTimeout(timer)
  },
  every(periodMs, act) {
    const timer = setInterval(() => run(act), periodMs).unref()
    return () => clearInterval(timer)
  },
}

/**
 * Calls `act` once, after the event loop has polled for the next time. Does not wake the loop, and
 * does not keep the process alive. Errors of `act` are those of a timer.
 */
export function afterPoll(act: () => void): Stop {
  const immediate = setImmediate(() => run(act)).unref()
  return () => clearImmediate(immediate)
}

/** A clock whose timers throw nothing. @param onFault must not throw. */
export function guardedClock(clock: Clock, onFault: () => void): Clock {
  return {
    now: clock.now,
    after: (delayMs, act) => clock.after(delayMs, guarded(act, onFault)),
    every: (periodMs, act) => clock.every(periodMs, guarded(act, onFault)),
  }
}

let onTimerFault: (() => void) | undefined

/**
 * Call this function in a process of an application: an error of a timer then never reaches the
 * application.
 * @param onFault must not throw.
 */
export function catchTimerFaults(onFault: () => void): void {
  onTimerFault = onFault
}

function run(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (onTimerFault === undefined) throw error
    onTimerFault()
  }
}

/** The clock of Node. Its timers keep the process alive. */
export const keepAliveClock: Pick<Clock, 'now' | 'after'> = {
  now: nodeClock.now,
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs)
    return () => clearTimeout(timer)
  },
}
