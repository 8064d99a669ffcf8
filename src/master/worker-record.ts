import type { Worker } from 'node:cluster'
import type { WorkerCause } from '../model/worker-cause.ts'

/**
 * A worker's life as its master leads it: `booting` until it listens, `serving`, `spent` when it has
 * served its number of requests and waits for a replacement, `retiring` when it was asked to finish,
 * `killed` when it was not asked any more.
 */
type WorkerState = 'booting' | 'serving' | 'spent' | 'retiring' | 'killed'

export interface WorkerRecord {
  readonly worker: Worker
  /** Which (re)load of the application's code it runs. */
  readonly generation: number
  /** How long its event loop may stand still, milliseconds; 0 = for ever. */
  readonly timeoutMs: number
  state: WorkerState
  /** Clock of `performance.now()`, milliseconds. */
  lastBeatAt: number
  hasServed: boolean
  /** Why the master ended it. */
  cause: WorkerCause | undefined
  /** Kills it should it not end by itself. */
  deadline: NodeJS.Timeout | undefined
  /** Ends its boot where it does not listen. */
  readonly boot: NodeJS.Timeout
}

export function isEnding({ state }: WorkerRecord): boolean {
  return state === 'retiring' || state === 'killed'
}
