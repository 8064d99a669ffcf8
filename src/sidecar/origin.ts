import type { Metric } from '../model/metric.ts'

/** A cluster, or a process alone, that has left what it measured. */
interface SourceStatus {
  /** The label of its series; of a process alone, its `worker_id`. */
  readonly instance: string
  /** `service.name`; undefined where it does not tell. */
  readonly service?: string
  /** It writes, is silent, or has ended. */
  readonly state: 'live' | 'stale' | 'ended'
  /** How old that is which is shown of it. */
  readonly ageSeconds: number
}

/** What became of the readings of an origin. Times are Unix milliseconds. */
export interface OriginStatus {
  /** Whether the other side answers. */
  readonly isConnected: boolean
  readonly successes: number
  readonly failures: number
  /** Undefined before the first. */
  readonly succeededAt: number | undefined
  /** What the last reading said, without passwords; undefined where it succeeded. */
  readonly error: string | undefined
  readonly sources: readonly SourceStatus[]
  /** What was not believed, by reason. */
  readonly refused: ReadonlyMap<string, number>
}

/** A place where others leave what they measured. It reads by itself, as often as is good for it. */
export interface Origin {
  readonly name: 'redis' | 'directory'
  /** What there is to show now, read a while ago. */
  readonly metrics: () => readonly Metric[]
  readonly status: () => OriginStatus
  /** Nothing is read any more; never rejects. */
  readonly stop: () => Promise<void>
}
