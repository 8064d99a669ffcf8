import type { ChildProcess } from 'node:child_process'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import type { MasterReason } from '../../model/signal.ts'
import type { HandOverOffer, Predecessor } from '../../share/hand-over/offer.ts'
import { messageOf } from '../../support/error-message.ts'
import type { PidFile } from '../pid-file.ts'
import type { ListeningSockets } from '../sockets/listening-sockets.ts'
import { inheritanceOf } from './inheritance.ts'
import { startSuccessor } from './successor.ts'

export interface UpgradeOptions {
  readonly log: GunicornLog
  readonly sockets: Pick<ListeningSockets, 'inheritable'>
  /** Names of the environment variables with the settings of the workers. */
  readonly variables: readonly string[]
  readonly pidFile: () => PidFile | undefined
  /** The exporter's part; undefined without an exporter. */
  readonly handOver: () => ExporterHandOver | undefined
  /** The master that has started this master by an upgrade. */
  readonly predecessor: Pick<Predecessor, 'pid'> | undefined
  /** Called before a successor starts. */
  readonly onStart: () => void
  /** Called with the process when a successor starts, and with undefined at its end. */
  readonly onChange: (successor: ChildProcess | undefined) => void
}

/** Hands metrics and the endpoint's socket to a successor. */
export interface ExporterHandOver {
  readonly offer: (done: (offer: HandOverOffer | undefined) => void) => void
  /** This master ends. */
  readonly release: () => void
  /** The successor has ended. */
  readonly end: () => void
}

type State =
  | { readonly kind: 'none' }
  /** The exporter prepares its offer. */
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly successor: ChildProcess }

/** The upgrade without downtime: a second master. The operator ends the first master later. */
export class Upgrade {
  readonly #options: UpgradeOptions
  #state: State = { kind: 'none' }

  constructor(options: UpgradeOptions) {
    this.#options = options
  }

  start(): void {
    const { log, handOver } = this.#options
    if (this.#state.kind !== 'none') {
      log.write('warning', `An upgrade is already in progress${this.#pidText()}`)
      return
    }
    const reason = this.#refusal()
    if (reason !== undefined) {
      log.write('error', `Cannot upgrade: ${reason}`)
      return
    }
    this.#options.onStart()
    this.#state = { kind: 'starting' }
    const exporter = handOver()
    if (exporter) exporter.offer((offer) => this.#start(offer))
    else this.#start(undefined)
  }

  /** Gives the endpoint to a successor when this master begins to end. */
  signalled(reason: MasterReason): void {
    const isEnd = reason === 'term' || reason === 'int' || reason === 'quit'
    if (isEnd && this.#state.kind === 'running') this.#options.handOver()?.release()
  }

  /** Undefined where an upgrade can start. */
  #refusal(): string | undefined {
    const { sockets, predecessor } = this.#options
    if (predecessor && process.ppid === predecessor.pid)
      return `the old master, pid ${predecessor.pid}, still runs. End the old master first`
    const inheritable = sockets.inheritable()
    return inheritable.kind === 'refused' ? inheritable.reason : undefined
  }

  #start(offer: HandOverOffer | undefined): void {
    const { sockets, variables, pidFile } = this.#options
    try {
      // The descriptors can have changed while the exporter prepared the offer.
      const open = sockets.inheritable()
      if (open.kind === 'refused') throw new Error(open.reason)
      pidFile()?.stepAside()
      this.#follow(startSuccessor(inheritanceOf(open, offer), variables))
    } catch (error) {
      this.#failed(messageOf(error))
    }
  }

  #follow(successor: ChildProcess): void {
    this.#state = { kind: 'running', successor }
    successor.once('error', (error) => this.#failed(error.message))
    successor.once('exit', (code, signal) =>
      this.#failed(`the process ended with ${signal ?? `code ${code}`}`),
    )
    this.#options.log.write('info', `Started a new master beside this master${this.#pidText()}`)
    this.#options.onChange(successor)
  }

  #failed(reason: string): void {
    this.#state = { kind: 'none' }
    this.#options.log.write('error', `No new master: ${reason}. This master continues`)
    this.#options.pidFile()?.stepBack()
    this.#options.handOver()?.end()
    this.#options.onChange(undefined)
  }

  #pidText(): string {
    return this.#state.kind === 'running' ? `, pid ${this.#state.successor.pid}` : ''
  }
}
