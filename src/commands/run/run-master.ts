import { ConfigError } from '../../config/config-error.ts'
import { environment } from '../../config/environment.ts'
import type { GunicornLogLevel } from '../../log/gunicorn-log.ts'
import type { LogFormat } from '../../log/log-line.ts'
import { type GivenHooks, hooksOf } from '../../master/hooks/load-hooks.ts'
import type { FileReloadSettings } from '../../master/settings/file-reload-settings.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { isRecord } from '../../support/guards.ts'
import { requireFiles, run } from './run.ts'
import { parseRun } from './run-options.ts'

export type { HookServer, Hooks, HookWorker } from '../../master/hooks/hooks.ts'
export type { GivenHooks } from '../../master/hooks/load-hooks.ts'

/** Options of `runMaster`, with the names and defaults of the command `run`. */
export interface RunMasterOptions {
  /** The application's main file. */
  readonly app: string
  /** Arguments of the application. Default: none. */
  readonly args?: readonly string[]
  /**
   * Working directory of the application, where other relative paths start. Default: the working
   * directory of this process.
   */
  readonly chdir?: string
  /** User of the workers, a name or a number; needs root. Default: the user of this process. */
  readonly user?: string | number
  /** Group of the workers, a name or a number; needs root. Default: the group of the user. */
  readonly group?: string | number
  /**
   * Umask of the master and the workers, an octal number such as `'027'`. Default: the umask of
   * this process.
   */
  readonly umask?: string
  /** Variables of this process and of the workers. Default: none. */
  readonly env?: Readonly<Record<string, string>>
  /** Files with variables, which SIGHUP and SIGUSR2 read again. Default: none. */
  readonly envFile?: string | readonly string[]
  /** `auto`: one worker for each CPU that this process can use. Default: 1. */
  readonly workers?: number | 'auto'
  /** Seconds for which a worker's event loop can be blocked; 0 = without limit. Default: 30. */
  readonly timeout?: number
  /** Seconds that a worker has to finish its requests; 0 = without limit. Default: 30. */
  readonly gracefulTimeout?: number
  /** Seconds in which a new worker has to listen. Default: 60. */
  readonly bootTimeout?: number
  /** Seconds for which the master accepts connections after SIGTERM. Default: 0. */
  readonly drainDelay?: number
  /** Seconds for which an idle connection is kept; 0 = not at all. Default: 2. */
  readonly keepAlive?: number
  /** Requests after which a new worker replaces a worker; 0 = never. Default: 0. */
  readonly maxRequests?: number
  /**
   * Largest random number of requests that is added to `maxRequests` for each worker. Default: 0.
   */
  readonly maxRequestsJitter?: number
  /**
   * Resident memory above which a worker is replaced: bytes, or a text such as `512M`. Default: 0,
   * without limit.
   */
  readonly maxMemory?: number | string
  /** Connections of each server of a worker at a time; 0 = without limit. Default: 0. */
  readonly workerConnections?: number
  /** Log of requests: a file, or `-` for stdout. Default: no log. */
  readonly accessLogfile?: string
  /** gunicorn's atoms, or `json`. Default: gunicorn's format. */
  readonly accessLogformat?: string
  /** Receiver of StatsD by UDP, `HOST:PORT`. Default: no StatsD. */
  readonly statsdHost?: string
  /** Start of the names of StatsD. Default: none. */
  readonly statsdPrefix?: string
  /** Tags of DogStatsD, `name:value` with commas between them. Default: none. */
  readonly dogstatsdTags?: string
  /** For development: reloads the workers when a file changes. Default: false. */
  readonly reload?: boolean
  /** How `reload` hears of changed files. Default: `auto`. */
  readonly reloadEngine?: FileReloadSettings['engine']
  /** Files and directories that `reload` watches, too. Default: none. */
  readonly reloadExtraFile?: string | readonly string[]
  /**
   * Whether a reload starts all new workers together, or one after the other. Default:
   * `all-at-once`.
   */
  readonly reloadStrategy?: 'all-at-once' | 'one-by-one'
  /** Seconds after which the stack of a blocked event loop is taken; 0 = never. Default: 0. */
  readonly hangStacks?: number
  /** Path of the control socket. Default: the default place of gunicorn. */
  readonly controlSocket?: string
  /** Mode of the control socket, an octal number such as `'0660'`. Default: `'0600'`. */
  readonly controlSocketMode?: string
  /** Whether to open no control socket. Default: false. */
  readonly noControlSocket?: boolean
  /** Whether the control socket refuses CPU profiles and heap snapshots. Default: false. */
  readonly noProfiles?: boolean
  /**
   * Directory for CPU profiles and heap snapshots. Default: the temporary directory of the system.
   */
  readonly profileDir?: string
  /** File for the pid of the master. Default: no file. */
  readonly pid?: string
  /** File for the log, which SIGUSR1 reopens; default: stderr. */
  readonly logFile?: string
  /** The least important lines of the log. Default: `info`. */
  readonly logLevel?: GunicornLogLevel
  /** `json`: one JSON object in each line of the log. Default: `text`. */
  readonly logFormat?: LogFormat
  /**
   * Configuration file, YAML. Default: the file that the environment names, or the file in the
   * working directory.
   */
  readonly config?: string
  /** Names in camel case, or gunicorn's: `onExit` or `on_exit`. Default: none. */
  readonly hooks?: GivenHooks
}

/**
 * Runs an application under a master, like the command `run`. This process handles the signals of
 * `docs/run.md`, and ends with the master.
 *
 * ```js
 * runMaster({ app: 'app.js', workers: 4, hooks: { workerExit: (_, { reason }) => alert(reason) } })
 * ```
 *
 * @throws ConfigError that names every fault; TypeError when a hook is not a function.
 */
export function runMaster(options: RunMasterOptions): void {
  assertApplication(options)
  requireFiles()
  const { app, args = [], hooks = {}, env = {}, envFile = [], ...others } = options
  const flags: [name: string, value: unknown][] = [
    ...Object.entries(env).map(([name, value]): [string, string] => ['env', `${name}=${value}`]),
    ...[envFile].flat().map((file): [string, string] => ['envFile', file]),
    ...Object.entries(others).filter(([, value]) => value !== undefined && value !== false),
  ]
  const argv = [...flags.map(([name, value]) => argumentOf(name, value)), '--', app, ...args]
  const request = parseRun(argv, environment(), optionOf)
  if (request.kind === 'faults') throw new ConfigError(request.faults)
  const ownHooks = hooksOf(hooks, 'hooks')
  if (request.kind === 'run') run(request.settings, argv, ownHooks)
}

/** JavaScript can pass any value. */
function assertApplication(given: unknown): void {
  if (isRecord(given) && typeof given['app'] === 'string') return
  const text = 'The argument of runMaster has no app; needed is the main file of the application.'
  throw new ConfigError([coded('GPE_ARGUMENT', text)])
}

/** `max-requests` → `maxRequests`. */
function optionOf(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function argumentOf(name: string, value: unknown): string {
  return value === true ? `--${flagOf(name)}` : `--${flagOf(name)}=${value}`
}

/** `maxRequests` → `max-requests`. */
function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
