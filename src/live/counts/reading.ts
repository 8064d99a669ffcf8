import type { Standstill } from '../../model/hang.ts'
import type { LiveWorker } from '../../model/live/live-document.ts'
import type { Metric } from '../../model/metric.ts'

/** A live worker, without the values that its metrics have. */
export interface WorkerFacts
  extends Pick<
    LiveWorker,
    'workerId' | 'instance' | 'pid' | 'state' | 'listening' | 'ageSeconds' | 'reportAgeSeconds'
  > {
  /** Unique in a reading: the worker id, in a sidecar with the instance. */
  readonly key: string
  /** Age of the worker's values. In a sidecar, the age of the state that the sidecar read. */
  readonly valuesAgeSeconds: number | null
  /** Null while the worker reports. */
  readonly hang: Standstill | null
  /** The kernel's figures of a worker that hangs; null: unknown. */
  readonly kernel: { readonly memoryBytes: number | null; readonly cpuPercent: number | null }
}

/**
 * Names the columns of a worker in a history. The id of a slot goes on with the slot's next worker,
 * whose memory has nothing to do with the memory before.
 */
export function columnsKey({
  key,
  workerId,
  pid,
}: Pick<WorkerFacts, 'key' | 'workerId' | 'pid'>): string {
  return startedId.test(workerId) ? key : `${key} ${pid}`
}

/** An id with the Unix second of the start. */
const startedId = /_\d+_\d+$/

/** What is known at one moment about a cluster, a process, or the instances of a sidecar. */
export interface LiveReading {
  readonly workers: readonly WorkerFacts[]
  /** The metrics with an OpenTelemetry name, of any scope. */
  readonly metricsOf: (name: string) => readonly Metric[]
}

/** The key of the worker to which a point belongs; undefined for a point of no worker. */
export function workerKeyOf(
  attributes: Metric['points'][number]['attributes'],
): string | undefined {
  const { worker_id: workerId, instance } = attributes
  return workerId === undefined ? undefined : workerKey(String(workerId), instance)
}

export function workerKey(workerId: string, instance: unknown): string {
  return instance === undefined || instance === null ? workerId : `${instance} ${workerId}`
}
