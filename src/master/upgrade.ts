import type { ChildProcess } from 'node:child_process'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import { messageOf } from '../support/error-message.ts'
import type { ListeningSockets } from './listening-sockets.ts'
import type { PidFile } from './pid-file.ts'
import { startSuccessor } from './successor.ts'

export interface UpgradeOptions {
  readonly log: GunicornLog
  readonly sockets: ListeningSockets
  /** Names of the variables that are ours, for our workers. */
  readonly variables: readonly string[]
  readonly pidFile: () => PidFile | undefined
  /** A successor has come, or gone again. */
  readonly onChange: (isSucceeded: boolean) => void
}

/** The upgrade on the fly: a new master beside this one, which the operator ends when the new one is well. */
export class Upgrade {
  readonly #options: UpgradeOptions
  #successor: ChildProcess | undefined

  constructor(options: UpgradeOptions) {
    this.#options = options
  }

  start(): void {
    const { log, sockets } = this.#options
    if (this.#successor) {
      log.write('warning', `An upgrade is under way already, pid ${this.#successor.pid}`)
      return
    }
    const legacy = sockets.legacy()
    if (!legacy) {
      log.write(
        'error',
        'No upgrade: there is no listening socket that could be handed to a new master',
      )
      return
    }
    try {
      this.#options.pidFile()?.stepAside()
      this.#follow(startSuccessor(legacy, this.#options.variables))
    } catch (error) {
      this.#failed(messageOf(error))
    }
  }

  #follow(successor: ChildProcess): void {
    this.#successor = successor
    successor.once('error', (error) => this.#failed(error.message))
    successor.once('exit', (code, signal) =>
      this.#failed(`it ended with ${signal ?? `code ${code}`}`),
    )
    this.#options.log.write(
      'info',
      `A new master is starting beside this one, pid ${successor.pid}`,
    )
    this.#options.onChange(true)
  }

  #failed(reason: string): void {
    this.#successor = undefined
    this.#options.log.write('error', `No new master: ${reason}. This one goes on`)
    this.#options.pidFile()?.stepBack()
    this.#options.onChange(false)
  }
}
