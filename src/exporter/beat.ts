import { stateLimits } from '../limits/state.ts'
import { type Clock, nodeClock } from '../support/clock.ts'
import type { Stop } from '../support/stop.ts'

/** A counter in memory that two threads share. */
export type BeatCounter = Int32Array

export function newBeatCounter(): BeatCounter {
  return new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
}

/**
 * Shows that this thread runs. A message would show the same, but would wake the other thread each
 * time.
 */
export function startBeats(counter: BeatCounter, clock: Clock = nodeClock): Stop {
  return clock.every(stateLimits.beatMs, () => Atomics.add(counter, 0, 1))
}

/** Changes while the other thread runs. */
export function beatOf(counter: BeatCounter): number {
  return Atomics.load(counter, 0)
}
