import type { MasterReason } from './signal.ts'
import type { EndCause } from './worker-cause.ts'

interface WorkerExit {
  readonly forkNumber: number
  readonly at: number
  /** Null when a signal ended the worker. */
  readonly code: number | null
  readonly signal: string | null
  /** The primary asked the worker to exit. */
  readonly voluntary: boolean
  /** Why a master or the kernel ended the worker. */
  readonly cause?: EndCause | undefined
}

/**
 * An event that the primary sees. `at` is in Unix milliseconds and names the second in labels and
 * records. Durations count from the arrival of the event, by a monotonic clock.
 */
export type ClusterEvent =
  | {
      readonly kind: 'forked'
      readonly forkNumber: number
      readonly at: number
      /** Time since the fork until the event arrived, milliseconds. Default: 0. */
      readonly agoMs?: number
      /** Undefined where the system could not create the process. */
      readonly pid?: number | undefined
      /** Whether reports of the worker went to an earlier exporter thread. Default: no. */
      readonly hasReported?: boolean
      /** Whether the primary accepts the connections of the worker. Default: no. */
      readonly isRoundRobin?: boolean
    }
  | { readonly kind: 'listening'; readonly forkNumber: number }
  /** The channel has closed. The worker may live on. */
  | { readonly kind: 'disconnected'; readonly forkNumber: number }
  | { readonly kind: 'leaving'; readonly forkNumber: number; readonly at: number }
  /** The process has ended. Its last messages may follow, for seconds. */
  | ({ readonly kind: 'exited' } & WorkerExit)
  /** The process has ended, and all messages have arrived. */
  | ({ readonly kind: 'ended' } & WorkerExit)
  /** The number of servers with which the primary listens, to hand their sockets to workers. */
  | { readonly kind: 'handing_over'; readonly servers: number }
  | { readonly kind: 'signal'; readonly reason: MasterReason }
  /** The application listens for the signal: its count begins at zero. */
  | { readonly kind: 'signal listener'; readonly reason: MasterReason }
  /** The master ends soon, and still accepts connections. */
  | { readonly kind: 'closing' }
  /** The number of workers that a master wants. */
  | { readonly kind: 'wanted'; readonly count: number }
