import { setImmediate, setTimeout } from 'node:timers'

// Taken now: a test of the application may replace the timers.
const later = setImmediate
const muchLater = setTimeout

/**
 * Calls `act` after the event loop has polled for I/O in this turn. The immediate keeps the process
 * alive until then. An unreferenced immediate would wait for the next event if a timer began the
 * turn.
 */
export function afterTurn(act: () => void): void {
  // Node prints a warning for an immediate in a program that uses a `domain`.
  if (Reflect.get(process, 'domain')) afterWhile(act, 0)
  else later(act)
}

/** Calls `act` after so many milliseconds. Does not keep the process alive. */
export function afterWhile(act: () => void, delayMs: number): void {
  muchLater(act, delayMs).unref()
}
