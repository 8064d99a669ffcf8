import type { Worker } from 'node:cluster'
import { masterLimits } from '../../limits/master.ts'
import { coded } from '../../model/errors/coded-text.ts'
import type { WorkerCause } from '../../model/worker-cause.ts'
import { type HeldSignal, retireCommand } from '../agent/message.ts'
import { hookWorkerOf } from '../hooks/hooks.ts'
import type { AgentChannel } from './agent-channel.ts'
import type { timeoutLine } from './heartbeat.ts'
import { KillTimer } from './kill-timer.ts'
import { tellEnd } from './tell-end.ts'
import type { WorkerContext } from './worker-context.ts'

interface WorkerEndingOptions extends Omit<WorkerContext, 'now'> {
  readonly worker: Worker
  readonly agent: AgentChannel
}

/** How and why a worker ends. */
export class WorkerEnding {
  readonly #options: WorkerEndingOptions
  readonly #killTimer: KillTimer
  #cause: WorkerCause | undefined

  constructor(options: WorkerEndingOptions) {
    this.#options = options
    this.#killTimer = new KillTimer(options.worker, options.log)
  }

  /**
   * Why the worker ends: the cause of the master, or `quit` after a signal from elsewhere.
   * Undefined for a crash, also for a crash of a worker that was about to end.
   */
  get cause(): WorkerCause | undefined {
    if (this.#cause === 'timeout') return this.#cause
    if (this.#killTimer.wasKilledFromElsewhere) return undefined
    if (this.#cause !== undefined) return this.#cause
    const { worker, settings, agent } = this.#options
    const withinMs = (settings.gracefulTimeoutMs || Infinity) + masterLimits.killAfterMs
    // A worker that crashes on the way has not quit.
    const hasCrashed = (worker.process.exitCode ?? 0) !== 0
    return !hasCrashed && agent.wasAsked(withinMs) ? 'quit' : undefined
  }

  /** Whether the master has killed the worker for a blocked event loop. */
  get isTimeout(): boolean {
    return this.#cause === 'timeout'
  }

  /** Whether the master asked for the end. */
  get isAsked(): boolean {
    return this.#cause !== undefined && this.#cause !== 'timeout'
  }

  /** Sets the cause, if the worker has no cause yet. */
  setCause(cause: WorkerCause): void {
    this.#cause ??= cause
  }

  /** Asks the worker to finish all requests and to end. */
  retire(): void {
    const { agent, settings, worker } = this.#options
    // A worker can live on without its channel. The agent then acts at the signal.
    if (!agent.send(retireCommand)) worker.process.kill('SIGTERM')
    if (settings.gracefulTimeoutMs > 0) this.#killTimer.start(settings.gracefulTimeoutMs)
  }

  /** Asks the worker to end at once. @param signal goes to an application with a listener. */
  quit(signal: HeldSignal): void {
    const { agent, hooks, worker } = this.#options
    hooks.call('workerInt', hookWorkerOf(worker))
    if (!agent.quit(signal)) worker.process.kill(signal)
    this.#killTimer.start(masterLimits.killAfterMs)
  }

  /** Kills a worker with a blocked event loop. */
  abort({ text, heldBy }: NonNullable<ReturnType<typeof timeoutLine>>): void {
    const { worker, log, hooks } = this.#options
    log.write('critical', coded('GPE_WORKER_TIMEOUT', text), { heldBy })
    this.#cause = 'timeout'
    hooks.call('workerAbort', hookWorkerOf(worker))
    worker.process.kill('SIGABRT')
    this.#killTimer.start(masterLimits.killAfterMs)
  }

  /** Tells the log and the hooks about the end. @param isRetiring whether 0 is a good end. */
  ended(code: number | null, signal: string | null, isRetiring: boolean): void {
    this.#killTimer.stop()
    const { cause } = this
    const isAsked = cause !== undefined && this.isAsked
    const isLeaving = isRetiring || cause === 'quit'
    const isExpected = isAsked || (isLeaving && code === 0)
    const worker = hookWorkerOf(this.#options.worker)
    tellEnd({ worker, code, signal, cause, isExpected }, this.#options)
  }
}
