import { systemdLimits } from '../../limits/master.ts'
import type { StateChange } from './notification-queue.ts'
import { Notifier, type NotifierOptions } from './notifier.ts'
import { type ServiceState, statusText, type WorkerNumbers } from './status-text.ts'

export interface SystemdServiceOptions extends Omit<NotifierOptions, 'status'> {
  readonly workers: () => WorkerNumbers
  /** systemd ends a service that is silent for longer; undefined: systemd has no watchdog. */
  readonly watchdogMs: number | undefined
  /** The master that has started this master by an upgrade. */
  readonly predecessor: { readonly pid: number } | undefined
}

/** Tells systemd the states of a master, for a service of `Type=notify`. */
export class SystemdService {
  readonly #options: SystemdServiceOptions
  readonly #notifier: Notifier
  #state: ServiceState = { kind: 'starting' }
  #successor: number | undefined
  /** Pid of an old master, which speaks for the service until its end. */
  #predecessor: number | undefined

  constructor(options: SystemdServiceOptions) {
    const { watchdogMs, predecessor } = options
    this.#options = options
    this.#predecessor = predecessor?.pid
    this.#notifier = new Notifier({ ...options, status: () => this.#status() })
    setInterval(() => this.#look(), systemdLimits.statusMs).unref()
    if (watchdogMs === undefined) return
    const pingMs = Math.max(watchdogMs / 2, systemdLimits.shortestPingMs)
    setInterval(() => this.#notifier.ping(), pingMs).unref()
  }

  /** The wanted number of workers serves: not only the first time. */
  serves(): void {
    const { kind } = this.#state
    if (kind === 'starting' || kind === 'reloading')
      this.#enter({ kind: 'serving', failure: undefined })
  }

  /** Acts on a command to reload. @param act returns the reason of a failure. */
  reload(act: () => string | undefined): void {
    const { kind } = this.#state
    if (kind === 'serving' || kind === 'reloading') this.#enter({ kind: 'reloading' })
    const failure = act()
    if (failure !== undefined) this.reloadFailed(failure)
  }

  /** A reload failed. The workers from before the reload serve. */
  reloadFailed(reason: string): void {
    if (this.#state.kind !== 'reloading') return
    this.#enter({ kind: 'serving', failure: `reload failed: ${reason}` })
  }

  /** Sets the pid of a new master beside this master. */
  setSuccessor(pid: number | undefined): void {
    this.#successor = pid
  }

  /** The master begins to end. */
  ends(): void {
    const { kind } = this.#state
    if (kind === 'stopping' || kind === 'replaced') return
    // Until here the new master can fail or end, and the service goes on.
    this.#enter({ kind: this.#successor === undefined ? 'stopping' : 'replaced' })
  }

  /** Calls back when systemd has heard everything, or after a limit. */
  finish(done: () => void): void {
    const { handOverMs, lastWordMs } = systemdLimits
    this.#notifier.finish(this.#state.kind === 'replaced' ? handOverMs : lastWordMs, done)
  }

  #enter(state: ServiceState): void {
    this.#state = state
    this.#announce()
  }

  #announce(): void {
    const change = this.#change()
    if (change && this.#predecessor === undefined) this.#notifier.tell(change)
  }

  #change(): StateChange | undefined {
    switch (this.#state.kind) {
      case 'starting':
        return undefined
      case 'serving':
        return { kind: 'ready' }
      case 'reloading':
        return { kind: 'reloading', microseconds: process.hrtime.bigint() / 1_000n }
      case 'stopping':
        return { kind: 'stopping' }
      case 'replaced':
        return this.#successor === undefined
          ? undefined
          : { kind: 'main process', pid: this.#successor }
    }
  }

  /** Tells a new status. A new master looks whether the old master has ended. */
  #look(): void {
    if (this.#predecessor !== undefined && process.ppid !== this.#predecessor) {
      this.#predecessor = undefined
      this.#announce()
    }
    this.#notifier.tellStatus()
  }

  #status(): string | undefined {
    if (this.#predecessor !== undefined) return undefined
    return statusText(this.#state, this.#options.workers(), this.#successor)
  }
}
