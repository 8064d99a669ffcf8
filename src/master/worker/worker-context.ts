import type { Worker } from 'node:cluster'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import type { HookCaller } from '../hooks/hooks.ts'
import type { RunSettings } from '../settings/run-settings.ts'
import type { ExporterView } from './heartbeat.ts'

/** What every worker of a master gets. */
export interface WorkerContext {
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly log: GunicornLog
  /** The clock, milliseconds. */
  readonly now: () => number
  readonly exporter: ExporterView
}

export interface ManagedWorkerOptions extends WorkerContext {
  readonly worker: Worker
  /** Loads of the application's code before this worker: a reload adds 1. */
  readonly generation: number
  /** Called when the worker tells that it listens, or waits for a replacement, or ends. */
  readonly onChange: () => void
  /** Called when the worker has not become ready in the time of the settings. */
  readonly onBootTimeout: () => void
  /** Called when the worker has served for longer than a short life. */
  readonly onLasted: () => void
  /** Whether the master acts on a signal that a worker got. */
  readonly heedsSignals: () => boolean
}
