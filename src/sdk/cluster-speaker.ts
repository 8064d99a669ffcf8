import type { Stop } from '../support/stop.ts'

/** A part of this process that tells everything about its cluster workers. */
interface Speaker {
  /** The first worker was forked. */
  readonly isLeading: boolean
}

const speakers = new Set<Speaker>()

/** From now on the speaker tells about this process's workers, and our instrumentation need not. */
export function registerReporter(speaker: Speaker): Stop {
  speakers.add(speaker)
  return () => speakers.delete(speaker)
}

/** Whether somebody tells about the workers, or will once there are any. */
export function hasAnyReporter(): boolean {
  return speakers.size > 0
}

/** Whether somebody tells about the workers that there are. */
export function hasReporter(): boolean {
  return [...speakers].some(({ isLeading }) => isLeading)
}
