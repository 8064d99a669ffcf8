import type { GunicornLog, GunicornLogLevel } from '../../log/gunicorn-log.ts'
import { prepareAccessFile } from '../../master/requests/access-file.ts'
import { MasterStatsd } from '../../master/requests/master-statsd.ts'
import type { RunSettings } from '../../master/settings/run-settings.ts'
import { messageOf } from '../../support/error-message.ts'
import { workerOwnerOf } from '../../support/process/accounts.ts'

interface ObserverParts {
  readonly log: Pick<GunicornLog, 'write'>
  /** The number of living workers. */
  readonly workers: () => number
  readonly countFault: (part: string) => void
}

/** What the master does for the access log and for StatsD. */
export class RunObservers {
  #settings: RunSettings
  #statsd: MasterStatsd | undefined
  /** Levels of lines before the start. */
  readonly #early: GunicornLogLevel[] = []

  /** @throws when the access log cannot be opened. */
  constructor(settings: RunSettings) {
    prepare(settings)
    this.#settings = settings
  }

  start({ log, workers, countFault }: ObserverParts): void {
    this.#statsd = new MasterStatsd({
      workers,
      count: () => countFault('statsd'),
      warn: (text) => log.write('warning', text),
    })
    for (const level of this.#early.splice(0)) this.#statsd.logged(level)
    this.#statsd.use(this.#settings.statsd)
    this.#statsd.start()
  }

  /** Takes the settings of a reload. @throws when the access log cannot be opened. */
  use(settings: RunSettings): void {
    prepare(settings)
    this.#settings = settings
    this.#statsd?.use(settings.statsd)
  }

  /** Creates a file that has been renamed, before the workers open the file again. */
  reopen(log: Pick<GunicornLog, 'write'>): void {
    try {
      prepare(this.#settings)
    } catch (error) {
      log.write('error', `Cannot reopen the access log: ${messageOf(error)}`)
    }
  }

  logged(level: GunicornLogLevel): void {
    if (this.#statsd) this.#statsd.logged(level)
    else this.#early.push(level)
  }

  /** Sends the last values. */
  end(): void {
    this.#statsd?.flush()
  }
}

function prepare({ accessLog, exporter }: RunSettings): void {
  try {
    prepareAccessFile(accessLog, workerOwnerOf(exporter))
  } catch (error) {
    throw new Error(`--access-logfile: ${messageOf(error)}`, { cause: error })
  }
}
