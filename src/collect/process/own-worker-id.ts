import { performance } from 'node:perf_hooks'
import { workerId } from '../../model/worker-id.ts'
import { workerCluster } from '../cluster/forks.ts'

/** Unix second in which this process started. */
export const startSeconds: number = Math.floor(performance.timeOrigin / 1_000)

/** `worker_id` of this process as it knows itself: a cluster worker by its fork, any other as the first. */
export function ownWorkerId(): string {
  return workerId(workerCluster()?.worker?.id ?? 1, startSeconds)
}
