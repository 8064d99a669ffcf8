import type { Metric } from '../model/metric.ts'

/** A cluster, or a process without workers, whose metrics an origin holds. */
export interface InstanceStatus {
  /** The `instance` label of the series. */
  readonly instance: string
  /** `service.name`; undefined where unknown. */
  readonly service?: string
  /** `live`: still writing. `stale`: silent. `ended`: the final state was written. */
  readonly state: 'live' | 'stale' | 'ended'
  /** Age of the shown state. */
  readonly ageSeconds: number
}

/** Results of an origin's readings. */
export interface OriginStatus {
  /** Whether Redis answers, or the directory can be read. */
  readonly isConnected: boolean
  /** Whether the origin waits for the first application, which makes the directory. */
  readonly isAwaited?: boolean
  readonly successes: number
  readonly failures: number
  /** Unix milliseconds; undefined before the first success. */
  readonly succeededAt: number | undefined
  /** Time since the last success, or since the start of the sidecar. */
  readonly readAgeSeconds: number
  /** Error of the last reading, without passwords; undefined after a success. */
  readonly error: string | undefined
  readonly sources: readonly InstanceStatus[]
  /** Rejected values by reason. */
  readonly refused: ReadonlyMap<string, number>
  /** The Kubernetes node whose instances the origin shows; undefined for the instances of all. */
  readonly node?: string
  /** Instances outside of the node by reason; undefined without a node. */
  readonly outside?: ReadonlyMap<string, number>
}

/**
 * A place from which a sidecar reads metrics: Redis or a directory. Each origin sets its own pace.
 */
export interface Origin {
  readonly name: 'redis' | 'directory'
  /** The metrics of the last readings. */
  readonly metrics: () => readonly Metric[]
  readonly status: () => OriginStatus
  /**
   * Called before each page. @returns undefined if the readings are recent. Otherwise, the promise
   * resolves within a bound.
   */
  readonly freshen?: () => Promise<unknown> | undefined
  /**
   * Makes the next reading whole, without the wait for it. Unlike `freshen`, not a scrape: the
   * origin expects scrapes at regular times.
   */
  readonly refresh?: () => void
  /** Ends the readings; never rejects. */
  readonly stop: () => Promise<void>
}

export interface NamedStatus extends OriginStatus {
  readonly origin: Origin['name']
}

/** The status of an origin at this moment, with the name of the origin. */
export function namedStatus(origin: Origin): NamedStatus {
  return { origin: origin.name, ...origin.status() }
}
