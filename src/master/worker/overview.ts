import type { RunSettings } from '../settings/run-settings.ts'
import type { WorkerState } from './worker-state.ts'

/** A master as the commands of the control socket see the master. */
export interface MasterOverview {
  readonly settings: RunSettings
  /** Whether the master takes commands that change the workers. */
  readonly isServing: boolean
  readonly wanted: number
  /** Forks so far. */
  readonly spawned: number
  /** Workers that ended because the master asked. */
  readonly killed: number
  readonly reloads: number
  /** The oldest first. */
  readonly workers: readonly WorkerOverview[]
}

export interface WorkerOverview {
  readonly pid: number
  readonly forkNumber: number
  readonly state: WorkerState
  /** Whether the master has killed the worker for a blocked event loop. */
  readonly isHung: boolean
  /** Since the last heartbeat; null where workers send no heartbeats. */
  readonly silenceSeconds: number | null
}
