import type { Cluster } from 'node:cluster'
import { environment } from '../../config/environment.ts'
import type { GunicornLog, GunicornLogLevel } from '../../log/gunicorn-log.ts'
import type { MasterOptions } from '../../master/master-options.ts'
import { prepareAccessFile } from '../../master/requests/access-file.ts'
import { MasterStatsd } from '../../master/requests/master-statsd.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import { FileReload } from '../../master/watch/file-reload.ts'
import { codedError } from '../../model/errors/coded-error.ts'
import { coded } from '../../model/errors/coded-text.ts'
import { messageOf } from '../../support/error-message.ts'
import { workerOwnerOf } from '../../support/process/accounts.ts'

interface ObserverParts {
  readonly log: Pick<GunicornLog, 'write'>
  /** The number of living workers. */
  readonly workers: () => number
  readonly countFault: (part: string) => void
  readonly cluster: Pick<Cluster, 'on'>
  /** The application's main file. */
  readonly app: string
  /** Reloads the workers. */
  readonly reload: () => void
}

/** What the master does for the access log, for StatsD and for `--reload`. */
export class RunObservers {
  #settings: RunSettings
  #statsd: MasterStatsd | undefined
  #fileReload: FileReload | undefined
  #countFault: ObserverParts['countFault'] | undefined
  /** Levels of lines before the start. */
  readonly #early: GunicornLogLevel[] = []

  /** @throws when the access log cannot be opened. */
  constructor(settings: RunSettings) {
    prepare(settings)
    this.#settings = settings
  }

  start(parts: ObserverParts): void {
    const { log, workers, countFault } = parts
    this.#countFault = countFault
    this.#watchFiles(parts)
    this.#statsd = new MasterStatsd({
      workers,
      count: () => countFault('statsd'),
      warn: (text) => log.write('warning', text),
    })
    for (const level of this.#early.splice(0)) this.#statsd.logged(level)
    this.#statsd.use(this.#settings.statsd)
  }

  #watchFiles({ log, cluster, app, reload }: ObserverParts): void {
    const { fileReload: settings } = this.#settings
    if (!settings) return
    warnInProduction(log)
    const fileReload = new FileReload({ settings, app, log, reload })
    this.#fileReload = fileReload
    cluster.on('message', (_, message: unknown) => fileReload.note(message))
  }

  /** Takes the settings of a reload. @throws when the access log cannot be opened. */
  use(settings: RunSettings): void {
    prepare(settings)
    this.#settings = settings
    this.#statsd?.use(settings.statsd)
    this.#fileReload?.begins()
  }

  callbacks(log: ObserverParts['log']): Pick<MasterOptions, 'onReopen' | 'onOutcome'> {
    return {
      onReopen: () => this.#reopen(log),
      onOutcome: (outcome) => this.#fileReload?.settled(outcome),
    }
  }

  /** Creates a file that has been renamed, before the workers open the file again. */
  #reopen(log: ObserverParts['log']): void {
    try {
      prepare(this.#settings)
    } catch (error) {
      log.write(
        'error',
        coded('GPE_ACCESS_LOG', `Cannot reopen the access log: ${messageOf(error)}`),
      )
    }
  }

  logged(level: GunicornLogLevel): void {
    if (this.#statsd) this.#statsd.logged(level)
    else this.#early.push(level)
  }

  /** Sends the last values. Throws nothing: the end of the master follows. */
  end(): void {
    try {
      this.#fileReload?.close()
      this.#statsd?.flush()
    } catch {
      this.#countFault?.('statsd')
    }
  }
}

function warnInProduction(log: ObserverParts['log']): void {
  if (environment()['NODE_ENV'] !== 'production') return
  const text = '--reload is for development, and NODE_ENV is production'
  const line = `${text}: each change of a file reloads the workers`
  log.write('warning', coded('GPE_RELOAD_IN_PRODUCTION', line))
}

function prepare({ accessLog, exporter }: RunSettings): void {
  try {
    prepareAccessFile(accessLog, workerOwnerOf(exporter))
  } catch (error) {
    throw codedError('GPE_ACCESS_LOG', `--access-logfile: ${messageOf(error)}`, { cause: error })
  }
}
