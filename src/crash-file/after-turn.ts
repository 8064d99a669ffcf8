import { setImmediate, setTimeout } from '../support/intrinsics/timers.ts'

/**
 * Calls `act` after the event loop has polled for I/O in this turn. The immediate keeps the process
 * alive until then. An unreferenced immediate would wait for the next event if a timer began the
 * turn.
 */
export function afterTurn(act: () => void): void {
  // Node prints a warning for an immediate in a program that uses a `domain`.
  if (Reflect.get(process, 'domain')) afterWhile(act, 0)
  else setImmediate(act)
}

/** Calls `act` after so many milliseconds. Does not keep the process alive. */
export function afterWhile(act: () => void, delayMs: number): void {
  setTimeout(act, delayMs).unref()
}
