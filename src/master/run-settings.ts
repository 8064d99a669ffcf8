import type { Settings } from '../config/settings.ts'
import type { GunicornLogLevel } from '../log/gunicorn-log.ts'

/** Settings of `run`; times are milliseconds. */
export interface RunSettings {
  /** The application's main file, as given. */
  readonly app: string
  readonly args: readonly string[]
  readonly workers: number
  /** How long a worker's event loop may stand still; 0 = for ever. */
  readonly timeoutMs: number
  /** How long a worker may take to finish what is in flight; 0 = for ever. */
  readonly gracefulTimeoutMs: number
  readonly keepAliveMs: number
  /** Requests after which a worker is replaced; 0 = never. */
  readonly maxRequests: number
  /** At most so many are added to `maxRequests`, at random, so that workers are not spent together. */
  readonly maxRequestsJitter: number
  /** Path of the module with the operator's hooks. */
  readonly hooks: string | undefined
  readonly pidFile: string | undefined
  /** File of the log; undefined = stderr. */
  readonly logFile: string | undefined
  readonly logLevel: GunicornLogLevel
  readonly exporter: Settings
  /** What was ignored, a sentence each. */
  readonly warnings: readonly string[]
  /** What the workers have to know of the command line and the file, as environment variables. */
  readonly environment: Readonly<Record<string, string>>
}
