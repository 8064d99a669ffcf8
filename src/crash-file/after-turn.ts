import { setImmediate, setTimeout } from 'node:timers'

// As they are now: a test of the application's may stop its clocks.
const later = setImmediate
const muchLater = setTimeout

/**
 * Calls back when this turn of the event loop has read what there was to read. Not unreferenced: then a turn that began
 * with a timer would end with the next event only. It delays the process's end by the rest of the turn.
 */
export function afterTurn(act: () => void): void {
  // In a program that has entered a `domain` Node would warn of an immediate.
  if ((process as { domain?: unknown }).domain) afterWhile(act, 0)
  else later(act)
}

/** Calls back after so many milliseconds, should the process still live. */
export function afterWhile(act: () => void, delayMs: number): void {
  muchLater(act, delayMs).unref()
}
