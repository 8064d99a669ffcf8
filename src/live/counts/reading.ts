import type { Standstill } from '../../model/hang.ts'
import type { Metric } from '../../model/metric.ts'

/** A live worker, without the values that its metrics have. */
export interface WorkerFacts {
  /** Unique in a reading: the worker id, in a sidecar with the instance. */
  readonly key: string
  readonly workerId: string
  readonly instance: string | null
  readonly pid: number | null
  readonly state: string
  readonly listening: boolean
  readonly ageSeconds: number | null
  readonly reportAgeSeconds: number | null
  /** Age of the worker's values. In a sidecar, the age of the state that the sidecar read. */
  readonly valuesAgeSeconds: number | null
  /** Null while the worker reports. */
  readonly hang: Standstill | null
  /** The kernel's figures of a worker that hangs; null: unknown. */
  readonly kernel: { readonly memoryBytes: number | null; readonly cpuPercent: number | null }
}

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
