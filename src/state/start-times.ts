import { ownScope } from '../model/own-scope.ts'
import type { StartOf } from '../otel/to-otel.ts'

export interface StartTimesOptions {
  /** Unix second since which totals are kept. */
  readonly epochSeconds: number
  /** Unix second of the start by `worker_id`. */
  readonly workers: ReadonlyMap<string, number>
  /** Application metrics carry the `worker_id` too, and are that worker's alone. */
  readonly keepsWorkerId: boolean
}

/** A worker's own series count since its start, totals over workers since the epoch. */
export function startTimes({ epochSeconds, workers, keepsWorkerId }: StartTimesOptions): StartOf {
  return ({ scope }, { worker_id }) => {
    // Elsewhere the attribute is the application's, and its series may outlive the worker.
    const isOfWorker = keepsWorkerId || scope === ownScope
    return (isOfWorker ? workers.get(String(worker_id)) : undefined) ?? epochSeconds
  }
}
