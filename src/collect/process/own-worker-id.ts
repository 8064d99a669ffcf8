import { workerId } from '../../model/worker-id.ts'
import { startSeconds } from '../../support/process-identity.ts'
import { workerCluster } from '../cluster/forks.ts'

/** `worker_id` of this process as it knows itself: a cluster worker by its fork, any other as the first. */
export function ownWorkerId(): string {
  return workerId(workerCluster()?.worker?.id ?? 1, startSeconds)
}
