import type { MergeRules } from '../model/merging/merge-rules.ts'
import { isWorkerTotal } from '../model/merging/ownership.ts'
import type { StartOf } from '../otel/to-otel.ts'

export interface StartTimesOptions {
  /** Unix second since which the cluster's totals count. */
  readonly epochSeconds: number
  /** Unix second of the start of each worker, by `worker_id`. */
  readonly workers: ReadonlyMap<string, number>
  readonly rules: MergeRules
}

/** A worker's own series count since the worker's start, totals over workers since the epoch. */
export function startTimes({ epochSeconds, workers, rules }: StartTimesOptions): StartOf {
  return (descriptor, attributes) => {
    if (!isWorkerTotal(descriptor, attributes, rules)) return epochSeconds
    return workers.get(String(attributes['worker_id'])) ?? epochSeconds
  }
}
