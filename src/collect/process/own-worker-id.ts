import { workerId } from '../../model/text/worker-id.ts'
import { startSeconds } from '../../support/process/process-identity.ts'
import { workerCluster } from '../cluster/forks.ts'

/**
 * The `worker_id` of this process. Outside a cluster, the process counts as the first worker.
 */
export function ownWorkerId(): string {
  return workerId(workerCluster()?.worker?.id ?? 1, startSeconds)
}
