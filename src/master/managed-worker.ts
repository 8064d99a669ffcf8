import type { Worker } from 'node:cluster'
import { masterLimits } from '../limits/master.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import { type HeldSignal, reopenCommand, retireCommand } from './agent/message.ts'
import { AgentChannel } from './agent-channel.ts'
import { Heartbeat, timeoutLine } from './heartbeat.ts'
import { hookServer, hookWorkerOf } from './hooks/hooks.ts'
import { KillTimer } from './kill-timer.ts'
import { tellEnd } from './tell-end.ts'
import type { WorkerContext } from './worker-context.ts'
import type { WorkerState } from './worker-state.ts'

export interface ManagedWorkerOptions extends WorkerContext {
  readonly worker: Worker
  /** Loads of the application's code before this worker: a reload adds 1. */
  readonly generation: number
  /** Called when the worker serves, is spent, or got SIGTERM from another process. */
  readonly onChange: () => void
  /** Whether any worker of this application has ever listened. */
  readonly isListener: () => boolean
  /** Called when the system could start no process. */
  readonly onNoProcess: () => void
}

/** A worker of a master: the state, and the commands that change the state. */
export class ManagedWorker {
  readonly generation: number
  readonly #options: ManagedWorkerOptions
  readonly #agent: AgentChannel
  readonly #boot: NodeJS.Timeout
  readonly #heartbeat: Heartbeat
  readonly #killTimer: KillTimer
  #state: WorkerState = 'booting'
  #hasServed = false
  #cause: WorkerCause | undefined

  constructor(options: ManagedWorkerOptions) {
    const { worker, log } = options
    this.#options = options
    this.#heartbeat = new Heartbeat(options.now)
    this.generation = options.generation
    this.#killTimer = new KillTimer(worker, log)
    this.#boot = setTimeout(() => this.#bootTimedOut(), masterLimits.bootMs)
    worker.on('error', (error) => {
      // A message did not reach an ending worker, or a fork failed.
      log.write('debug', `Worker (pid:${worker.process.pid}): ${error.message}`)
      if (worker.process.pid === undefined) options.onNoProcess()
    })
    this.#agent = new AgentChannel(worker, {
      onBeat: () => this.#heartbeat.beat(),
      onSpent: () => this.#becomeSpent(),
      onAsked: (signal) => this.#asked(signal),
      now: options.now,
    })
    log.write('info', `Booting worker with pid: ${worker.process.pid}`)
    options.hooks.call('postFork', hookServer, hookWorkerOf(worker))
  }

  get state(): WorkerState {
    return this.#state
  }

  get isEnding(): boolean {
    return this.#state === 'retiring' || this.#state === 'killed' || this.#state === 'ended'
  }

  /** Whether the worker has been killed for a blocked event loop, and has not ended yet. */
  get isHung(): boolean {
    return this.#state === 'killed' && this.#cause === 'timeout'
  }

  /**
   * Why the worker ends: the cause of the master, or `quit` after a signal from elsewhere.
   * Undefined for a crash, also for a crash of a worker that was about to end.
   */
  get cause(): WorkerCause | undefined {
    if (this.#cause === 'timeout') return this.#cause
    if (this.#killTimer.wasKilledFromElsewhere) return undefined
    if (this.#cause !== undefined) return this.#cause
    const { worker, settings } = this.#options
    const withinMs = (settings.gracefulTimeoutMs || Infinity) + masterLimits.killAfterMs
    // A worker that crashes on the way has not quit.
    const hasCrashed = (worker.process.exitCode ?? 0) !== 0
    return !hasCrashed && this.#agent.wasAsked(withinMs) ? 'quit' : undefined
  }

  /** Whether the worker ended before it served, although the master did not ask for the end. */
  get hasFailedToBoot(): boolean {
    return this.#state === 'ended' && !this.#hasServed && !this.#isAsked
  }

  /** Sets why the worker ends: service managers and terminals signal workers too, perhaps first. */
  setCause(cause: WorkerCause): void {
    this.#cause ??= cause
  }

  serves(): void {
    if (this.#state !== 'booting') return
    clearTimeout(this.#boot)
    this.#state = 'serving'
    this.#hasServed = true
    this.#options.onChange()
  }

  /** Asks the worker to finish all requests and to end. */
  retire(cause: WorkerCause): void {
    if (this.isEnding) return
    this.setCause(cause)
    this.#startRetiring()
  }

  /** Ends a booting worker. */
  drop(cause: WorkerCause): void {
    if (this.#state !== 'booting') return
    this.retire(cause)
    // A worker reads no message while the worker loads the application.
    this.#options.worker.process.kill('SIGTERM')
  }

  /** Asks the worker to end at once. */
  quit(cause: WorkerCause): void {
    if (this.#state === 'ended') return
    this.setCause(cause)
    this.#state = 'killed'
    this.#options.hooks.call('workerInt', hookWorkerOf(this.#options.worker))
    this.#agent.quit(cause === 'int' ? 'SIGINT' : 'SIGQUIT')
    this.#killTimer.start(masterLimits.killAfterMs)
  }

  /**
   * Ends a worker whose event loop has been blocked for too long.
   * @param wasMasterLate the master has read no heartbeat for a while: silence means nothing.
   */
  checkHeartbeat(now: number, wasMasterLate: boolean): void {
    if (wasMasterLate) this.#heartbeat.restart(now)
    const { timeoutMs } = this.#options.settings
    if (timeoutMs === 0 || this.#state === 'killed' || this.#state === 'ended') return
    const { worker, exporter } = this.#options
    const lateMs = this.#heartbeat.silenceMs(now) - timeoutMs
    const silent = { forkNumber: worker.id, pid: worker.process.pid, lateMs }
    const line = timeoutLine(silent, exporter)
    if (line) this.#abort(line)
  }

  reopenLogs(): void {
    this.#agent.send(reopenCommand)
  }

  ended(code: number | null, signal: string | null): void {
    this.#killTimer.stop()
    clearTimeout(this.#boot)
    const { cause } = this
    const isAsked = cause !== undefined && this.#isAsked
    const isExpected = isAsked || (this.#state === 'retiring' && code === 0)
    this.#state = 'ended'
    const end = { worker: hookWorkerOf(this.#options.worker), code, signal, cause, isExpected }
    tellEnd(end, this.#options)
  }

  get #isAsked(): boolean {
    return this.#cause !== undefined && this.#cause !== 'timeout'
  }

  #becomeSpent(): void {
    if (this.#state !== 'serving') return
    this.#state = 'spent'
    this.#options.onChange()
  }

  #asked(signal: HeldSignal): void {
    if (this.isEnding || signal === 'SIGINT' || signal === 'SIGHUP') return
    this.#startRetiring()
    this.#options.onChange()
  }

  /** Without a heartbeat, the worker hangs. Where other workers listen, this worker will listen. */
  #bootTimedOut(): void {
    const { settings, isListener } = this.#options
    if ((settings.timeoutMs === 0 || this.#heartbeat.hasBeaten) && !isListener()) this.serves()
  }

  #startRetiring(): void {
    this.#state = 'retiring'
    this.#agent.send(retireCommand)
    const { gracefulTimeoutMs } = this.#options.settings
    if (gracefulTimeoutMs > 0) this.#killTimer.start(gracefulTimeoutMs)
  }

  #abort({ text, heldBy }: NonNullable<ReturnType<typeof timeoutLine>>): void {
    const { worker, log, hooks } = this.#options
    log.write('critical', text, { heldBy })
    this.#state = 'killed'
    this.#cause = 'timeout'
    hooks.call('workerAbort', hookWorkerOf(worker))
    worker.process.kill('SIGABRT')
    this.#killTimer.start(masterLimits.killAfterMs)
  }
}
