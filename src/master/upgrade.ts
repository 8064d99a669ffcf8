import type { ChildProcess } from 'node:child_process'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { messageOf } from '../support/error-message.ts'
import type { PidFile } from './pid-file.ts'
import type { ListeningSockets } from './sockets/listening-sockets.ts'
import { startSuccessor } from './successor.ts'

export interface UpgradeOptions {
  readonly log: GunicornLog
  readonly sockets: ListeningSockets
  /** Names of the environment variables with the settings of the workers. */
  readonly variables: readonly string[]
  readonly pidFile: () => PidFile | undefined
  /** Called before a successor starts. */
  readonly onStart: () => void
  /** Called when a successor starts or ends. */
  readonly onChange: (hasSuccessor: boolean) => void
}

/** The upgrade without downtime: a second master. The operator ends the first master later. */
export class Upgrade {
  readonly #options: UpgradeOptions
  #successor: ChildProcess | undefined

  constructor(options: UpgradeOptions) {
    this.#options = options
  }

  start(): void {
    const { log, sockets } = this.#options
    if (this.#successor) {
      log.write('warning', `An upgrade is already in progress, pid ${this.#successor.pid}`)
      return
    }
    const inherited = sockets.inheritable()
    if (!inherited) {
      log.write('error', 'Cannot upgrade: the master has no listening socket for a new master')
      return
    }
    this.#options.onStart()
    try {
      this.#options.pidFile()?.stepAside()
      this.#follow(startSuccessor(inherited, this.#options.variables))
    } catch (error) {
      this.#failed(messageOf(error))
    }
  }

  #follow(successor: ChildProcess): void {
    this.#successor = successor
    successor.once('error', (error) => this.#failed(error.message))
    successor.once('exit', (code, signal) =>
      this.#failed(`the process ended with ${signal ?? `code ${code}`}`),
    )
    this.#options.log.write('info', `Started a new master beside this master, pid ${successor.pid}`)
    this.#options.onChange(true)
  }

  #failed(reason: string): void {
    this.#successor = undefined
    this.#options.log.write('error', `No new master: ${reason}. This master continues`)
    this.#options.pidFile()?.stepBack()
    this.#options.onChange(false)
  }
}
