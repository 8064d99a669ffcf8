import type { LiveWorker, LiveWorkerCounts } from './live-document.ts'

/** The state of a worker whose instance has written nothing for a while. */
export const staleState = 'stale'

/** In place of the last known facts about a stale worker. */
export const unknownPresent: {
  readonly state: typeof staleState
  readonly listening: false
  readonly hang: null
} = { state: staleState, listening: false, hang: null }

/** Nothing is known about the present of a stale worker. */
export function isStale({ state }: Pick<LiveWorker, 'state'>): boolean {
  return state === staleState
}

/** Counts of the workers that are not stale. */
export function workerCounts(
  workers: readonly Pick<LiveWorker, 'state' | 'listening' | 'hang'>[],
): Omit<LiveWorkerCounts, 'wanted'> {
  const known = workers.filter((worker) => !isStale(worker))
  const count = (state: string): number => known.filter((each) => each.state === state).length
  return {
    live: known.length,
    // A worker that hangs or is stopped takes no connection, although its socket is open.
    listening: known.filter(({ listening, hang }) => listening && hang === null).length,
    hanging: count('hanging'),
    stopped: count('stopped'),
  }
}
