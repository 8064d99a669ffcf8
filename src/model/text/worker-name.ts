/**
 * `worker_3_1795260300` as `worker_3`: the fork number is unique in a cluster, and the rest is the
 * second of the start. Another id stays whole.
 */
export function workerName(workerId: string): string {
  return /^(worker_\d+)_\d+$/.exec(workerId)?.[1] ?? workerId
}
