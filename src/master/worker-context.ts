import type { GunicornLog } from '../log/gunicorn-log.ts'
import type { ExporterView } from './heartbeat.ts'
import type { HookCaller } from './hooks/hooks.ts'
import type { RunSettings } from './run-settings.ts'

/** What every worker of a master gets. */
export interface WorkerContext {
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly log: GunicornLog
  /** The clock, milliseconds. */
  readonly now: () => number
  readonly exporter: ExporterView
}
