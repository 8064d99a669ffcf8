import type { ChildProcess } from 'node:child_process'
import type { GunicornLog } from '../../log/gunicorn-log.ts'
import { coded } from '../../model/errors/coded-text.ts'
import type { MasterReason } from '../../model/signal.ts'
import type { HandOverOffer, Predecessor } from '../../share/hand-over/offer.ts'
import { messageOf } from '../../support/error-message.ts'
import type { ListeningSockets } from '../sockets/listening-sockets.ts'
import { inheritanceOf } from './inheritance.ts'
import { SharedSockets } from './shared-sockets.ts'
import { directoryFault, type SuccessorProgram, startSuccessor } from './successor.ts'

export interface UpgradeOptions {
  readonly log: GunicornLog
  readonly sockets: Pick<ListeningSockets, 'inheritable' | 'shared' | 'adopt'>
  /** How a successor starts. */
  readonly program: SuccessorProgram
  /** Files that make room for the files of a successor: undefined where a file is not used. */
  readonly asideFiles: () => readonly (AsideFile | undefined)[]
  /** The exporter's part; undefined without an exporter. */
  readonly handOver: () => ExporterHandOver | undefined
  /** The master that has started this master by an upgrade. */
  readonly predecessor: Pick<Predecessor, 'pid'> | undefined
  readonly isEnding: () => boolean
  /** Called before a successor starts. */
  readonly onStart: () => void
  /** Called with the process when a successor starts, and with undefined at its end. */
  readonly onChange: (successor: ChildProcess | undefined) => void
}

/** A file at a path that the successor also has. */
interface AsideFile {
  readonly stepAside: () => void
  /** The successor has ended. */
  readonly stepBack: () => void
}

/** Hands metrics and the endpoint's socket to a successor. */
interface ExporterHandOver {
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
  | Running

interface Running {
  readonly kind: 'running'
  readonly successor: ChildProcess
  readonly sockets: SharedSockets
  /** Whether only the successor has the listening sockets. */
  hasSockets: boolean
  /** What this master does when the successor ends. */
  afterwards: 'This master continues' | 'This master ends, too'
}

/** The upgrade without downtime: a second master. The operator ends the first master later. */
export class Upgrade {
  readonly #options: UpgradeOptions
  #state: State = { kind: 'none' }
  /** The channel to the old master, if this master is a successor. */
  readonly #oldMaster: SharedSockets | undefined

  constructor(options: UpgradeOptions) {
    this.#options = options
    if (options.predecessor && process.send)
      this.#oldMaster = new SharedSockets(process, options.sockets)
  }

  start(): void {
    const { log, handOver } = this.#options
    if (this.#state.kind !== 'none') {
      const text = `An upgrade is already in progress${this.#pidText()}`
      log.write('warning', coded('GPE_UPGRADE_FAILED', text))
      return
    }
    const reason = this.#refusal()
    if (reason !== undefined) {
      log.write('error', coded('GPE_UPGRADE_FAILED', `Cannot upgrade: ${reason}`))
      return
    }
    this.#options.onStart()
    this.#state = { kind: 'starting' }
    const exporter = handOver()
    if (exporter) exporter.offer((offer) => this.#start(offer))
    else this.#start(undefined)
  }

  /**
   * Acts on a signal to this master. At an end of this master, its sockets first go to the other
   * master. If this master needs workers again, the sockets first come back.
   */
  around(reason: MasterReason, act: () => void): void {
    if (this.#state.kind === 'running') this.#aroundOld(this.#state, reason, act)
    else if (isEnd(reason) && this.#oldPid !== undefined && this.#oldMaster)
      this.#oldMaster.give(act)
    else act()
  }

  #aroundOld(running: Running, reason: MasterReason, act: () => void): void {
    if (isEnd(reason)) {
      running.afterwards = 'This master ends, too'
      this.#options.handOver()?.release()
    }
    if (reason === 'winch') running.hasSockets = true
    const needsWorkers = reason === 'hup' || reason === 'ttin'
    if (!needsWorkers || !running.hasSockets) {
      act()
      return
    }
    running.hasSockets = false
    running.sockets.askForAll(act)
  }

  /** Pid of the old master of this master, while it runs. */
  get #oldPid(): number | undefined {
    const { predecessor } = this.#options
    return predecessor && process.ppid === predecessor.pid ? predecessor.pid : undefined
  }

  /** Undefined where an upgrade can start. */
  #refusal(): string | undefined {
    if (this.#options.isEnding()) return 'this master ends'
    const oldPid = this.#oldPid
    if (oldPid !== undefined)
      return `the old master, pid ${oldPid}, still runs. End the old master first`
    const inheritable = this.#options.sockets.inheritable()
    if (inheritable.kind === 'refused') return inheritable.reason
    // `spawn()` would name Node.js as the missing file.
    return directoryFault(this.#options.program)
  }

  #start(offer: HandOverOffer | undefined): void {
    const { sockets, program, asideFiles } = this.#options
    try {
      // The descriptors can have changed while the exporter prepared the offer.
      const open = sockets.inheritable()
      if (open.kind === 'refused') throw new Error(open.reason)
      for (const file of asideFiles()) file?.stepAside()
      this.#follow(startSuccessor(inheritanceOf(open, offer), program))
    } catch (error) {
      this.#failed(messageOf(error))
    }
  }

  #follow(successor: ChildProcess): void {
    const sockets = new SharedSockets(successor, this.#options.sockets)
    const afterwards = 'This master continues'
    this.#state = { kind: 'running', successor, sockets, hasSockets: false, afterwards }
    successor.on('error', (error) => {
      // Other errors concern the channel: the process lives.
      if (successor.pid === undefined) this.#failed(error.message)
    })
    successor.once('exit', (code, signal) =>
      this.#failed(`the process ended with ${signal ?? `code ${code}`}`),
    )
    if (successor.pid !== undefined)
      this.#options.log.write('info', `Started a new master beside this master${this.#pidText()}`)
    this.#options.onChange(successor)
  }

  #failed(reason: string): void {
    const afterwards =
      this.#state.kind === 'running' ? this.#state.afterwards : 'This master continues'
    this.#state = { kind: 'none' }
    const text = `No new master: ${reason}. ${afterwards}`
    this.#options.log.write('error', coded('GPE_UPGRADE_FAILED', text))
    for (const file of this.#options.asideFiles()) file?.stepBack()
    this.#options.handOver()?.end()
    this.#options.onChange(undefined)
  }

  #pidText(): string {
    return this.#state.kind === 'running' ? `, pid ${this.#state.successor.pid}` : ''
  }
}

function isEnd(reason: MasterReason): boolean {
  return reason === 'term' || reason === 'int' || reason === 'quit'
}
