import { isWorkerTotal } from '../model/ownership.ts'
import type { StartOf } from '../otel/to-otel.ts'

export interface StartTimesOptions {
  /** Unix second since which the cluster's totals count. */
  readonly epochSeconds: number
  /** Unix second of the start of each worker, by `worker_id`. */
  readonly workers: ReadonlyMap<string, number>
  /** Application metrics carry the `worker_id` too, and belong to one worker. */
  readonly keepsWorkerId: boolean
}

/** A worker's own series count since the worker's start, totals over workers since the epoch. */
export function startTimes({ epochSeconds, workers, keepsWorkerId }: StartTimesOptions): StartOf {
  return (descriptor, attributes) => {
    if (!isWorkerTotal(descriptor, attributes, keepsWorkerId)) return epochSeconds
    return workers.get(String(attributes['worker_id'])) ?? epochSeconds
  }
}
