import type { Settings } from '../../config/settings.ts'
import type { ReloadStrategy } from '../../config/table/master.ts'
import type { GunicornLogLevel } from '../../log/gunicorn-log.ts'
import type { CodedText } from '../../model/errors/coded-text.ts'
import type { AccessLogSettings, StatsdSettings } from '../../model/request/observer-settings.ts'
import type { FileReloadSettings } from './file-reload-settings.ts'

/** Settings of `run`; times are milliseconds. */
export interface RunSettings {
  /** The application's main file, as given. */
  readonly app: string
  readonly args: readonly string[]
  /** The directory in which the command started, by its name. */
  readonly start: string
  /** The working directory, by its name. */
  readonly directory: string
  /** Variables of `--env-file` and `--env`. */
  readonly variables: Readonly<Record<string, string>>
  readonly workers: number
  /** How long a worker's event loop can be blocked; 0 = without limit. */
  readonly timeoutMs: number
  /** How long a retiring worker can finish requests; 0 = without limit. */
  readonly gracefulTimeoutMs: number
  /** How long a worker can take until it listens. */
  readonly bootTimeoutMs: number
  /** How long the master accepts connections after SIGTERM. */
  readonly drainDelayMs: number
  readonly keepAliveMs: number
  /** Requests after which a new worker replaces a worker; 0 = never. */
  readonly maxRequests: number
  /** The largest random addition to `maxRequests`: workers end at different times. */
  readonly maxRequestsJitter: number
  /** Resident memory above which a new worker replaces a worker, bytes; 0 = never. */
  readonly maxMemoryBytes: number
  /** Connections of a worker's server at a time; 0 = without limit. */
  readonly workerConnections: number
  readonly reloadStrategy: ReloadStrategy
  readonly accessLog: AccessLogSettings | undefined
  readonly statsd: StatsdSettings | undefined
  /** Undefined: changed files reload nothing. */
  readonly fileReload: FileReloadSettings | undefined
  /** Path of the module with the operator's hooks. */
  readonly hooks: string | undefined
  readonly pidFile: string | undefined
  /** File of the log; undefined = stderr. */
  readonly logFile: string | undefined
  readonly logLevel: GunicornLogLevel
  readonly exporter: Settings
  /** Ignored values, a sentence each. */
  readonly warnings: readonly CodedText[]
  /** Environment variables that give the workers the settings of the command line and the file. */
  readonly environment: Readonly<Record<string, string>>
}
