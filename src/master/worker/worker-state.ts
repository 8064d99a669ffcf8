import type { WorkerCause } from '../../model/worker-cause.ts'

/** The state of a worker, as the master knows the state. */
export type WorkerState =
  | 'booting'
  | 'serving'
  /** The worker serves, and waits for a replacement. */
  | 'spent'
  /** The worker finishes all requests, and then ends. */
  | 'retiring'
  /** The worker has to end at once. */
  | 'killed'
  | 'ended'

/** Why a worker waits for a replacement: requests, memory, or SIGTERM to the worker. */
export type LeaveCause = Extract<WorkerCause, 'max_requests' | 'max_memory' | 'quit'>
