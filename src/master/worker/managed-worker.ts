import { masterLimits } from '../../limits/master.ts'
import type { WorkerCause } from '../../model/worker-cause.ts'
import { type HeldSignal, reopenCommand } from '../agent/message.ts'
import { AgentChannel } from './agent-channel.ts'
import { Deadline } from './deadline.ts'
import { Heartbeat, timeoutLine } from './heartbeat.ts'
import { memoryText } from './memory-text.ts'
import type { WorkerOverview } from './overview.ts'
import { ProfiledWorker } from './profiled-worker.ts'
import { Readiness } from './readiness.ts'
import { SignalOfWorker } from './signal-of-worker.ts'
import type { ManagedWorkerOptions } from './worker-context.ts'
import { WorkerEnding } from './worker-ending.ts'
import type { LeaveCause, WorkerState } from './worker-state.ts'

/** A worker of a master: the state, and the commands that change the state. */
export class ManagedWorker {
  readonly readiness: Readiness
  /** A failed reload, and the next reload, move workers to another generation. */
  generation: number
  readonly #options: ManagedWorkerOptions
  readonly #agent: AgentChannel
  readonly #ending: WorkerEnding
  readonly #heartbeat: Heartbeat
  readonly #signal = new SignalOfWorker((signal) => this.#decide(signal))
  readonly #deadline = new Deadline() // of the boot, then the short life, then the replacement
  #state: WorkerState = 'booting'
  #servedAt: number | undefined
  #leaveCause: LeaveCause | undefined
  #leftAt: number | undefined

  constructor(options: ManagedWorkerOptions) {
    const { worker } = options
    this.#options = options
    this.#heartbeat = new Heartbeat(options.now)
    this.generation = options.generation
    this.readiness = new Readiness(worker, () => this.isEnding || options.onChange())
    this.#agent = new AgentChannel(worker, {
      onBeat: (rssBytes) => this.#beat(rssBytes),
      onSpent: () => this.#leave('max_requests'),
      onAsked: (signal) => this.isEnding || this.#signal.note(signal),
      now: options.now,
    })
    this.#ending = new WorkerEnding({ ...options, agent: this.#agent })
    this.extendBoot()
  }

  get pid(): number | undefined {
    return this.#options.worker.process.pid
  }

  get state(): WorkerState {
    return this.#state
  }

  get isEnding(): boolean {
    return this.#state === 'retiring' || this.#state === 'killed' || this.#state === 'ended'
  }

  /** Whether the worker has been killed for a blocked event loop, and has not ended yet. */
  get isHung(): boolean {
    return this.#state === 'killed' && this.#ending.isTimeout
  }

  /** For the control socket; undefined where the system started no process. */
  get overview(): WorkerOverview | undefined {
    const { worker, settings, now } = this.#options
    const { pid } = this
    if (pid === undefined) return undefined
    const silence = this.#heartbeat.silenceMs(now()) / 1_000
    const silenceSeconds = settings.timeoutMs > 0 ? silence : null
    return { pid, forkNumber: worker.id, state: this.#state, isHung: this.isHung, silenceSeconds }
  }

  /** For profiles of the worker. */
  get profiled(): ProfiledWorker {
    const { worker, now } = this.#options
    return new ProfiledWorker(worker, { heartbeat: this.#heartbeat, now })
  }

  /** Whether the event loop of a booting worker turns, as far as the master can know. */
  get isAlive(): boolean {
    return this.#options.settings.timeoutMs === 0 || this.#heartbeat.hasBeaten
  }

  /** Time in which the worker has to become ready, milliseconds. */
  get bootTimeoutMs(): number {
    return this.#options.settings.bootTimeoutMs
  }

  /** Why a worker in the state `spent` waits for a replacement. */
  get leaveCause(): LeaveCause {
    return this.#leaveCause ?? 'max_requests'
  }

  /** Why the worker ends; undefined for a crash. */
  get cause(): WorkerCause | undefined {
    return this.#ending.cause
  }

  /** Whether the worker ended before it served, although the master did not ask for the end. */
  get hasFailedToBoot(): boolean {
    return this.#state === 'ended' && this.#servedAt === undefined && !this.#ending.isAsked
  }

  /** Whether the worker served for a short time so far, and the master did not ask for an end. */
  get hasLivedShortly(): boolean {
    const servedAt = this.#servedAt ?? Number.NEGATIVE_INFINITY
    const leftAt = this.#leftAt ?? this.#options.now()
    return leftAt - servedAt < masterLimits.shortLifeMs && !this.#ending.isAsked
  }

  /** Sets why the worker ends: service managers and terminals signal workers too, perhaps first. */
  setCause(cause: WorkerCause): void {
    this.#ending.setCause(cause)
  }

  serves(): void {
    if (this.#state !== 'booting') return
    this.#state = this.#leaveCause ? 'spent' : 'serving'
    this.#servedAt = this.#options.now()
    this.#deadline.start(() => this.#options.onLasted(), masterLimits.shortLifeMs)
  }

  /** Starts the time of the boot over. */
  extendBoot(): void {
    this.#deadline.start(this.#options.onBootTimeout, this.bootTimeoutMs)
  }

  /** Asks the worker to finish all requests and to end. */
  retire(cause: WorkerCause): void {
    if (this.isEnding) return
    this.setCause(cause)
    this.#state = 'retiring'
    this.#deadline.stop()
    this.#ending.retire()
  }

  /** Ends a booting worker. */
  drop(cause: WorkerCause): void {
    if (this.#state !== 'booting') return
    this.retire(cause)
    // A worker reads no message while the worker loads the application.
    this.#options.worker.process.kill('SIGTERM')
  }

  /** Asks the worker to end at once. @param signal goes to an application with a listener. */
  quit(cause: WorkerCause, signal: HeldSignal = cause === 'int' ? 'SIGINT' : 'SIGQUIT'): void {
    if (this.#state === 'ended') return
    this.setCause(cause)
    this.#state = 'killed'
    this.#deadline.stop()
    this.#ending.quit(signal)
  }

  /**
   * Ends a worker whose event loop has been blocked for too long.
   * @param wasMasterLate the master has read no heartbeat for a while: silence means nothing.
   */
  checkHeartbeat(now: number, wasMasterLate: boolean): void {
    if (wasMasterLate) this.#heartbeat.restart(now)
    const { timeoutMs } = this.#options.settings
    if (timeoutMs === 0 || this.#state === 'killed' || this.#state === 'ended') return
    if (this.#heartbeat.isSuspended(now)) return
    const lateMs = this.#heartbeat.silenceMs(now) - timeoutMs
    const { worker, exporter } = this.#options
    if (!worker.isConnected()) {
      if (lateMs > 0) this.#retireSilent()
      return
    }
    const line = timeoutLine({ forkNumber: worker.id, pid: this.pid, lateMs }, exporter)
    if (!line) return
    this.#state = 'killed'
    this.#ending.abort(line)
  }

  /** Without a channel, silence says nothing about the event loop. */
  #retireSilent(): void {
    if (this.isEnding) return
    this.retire('quit')
    this.#options.onChange()
  }

  reopenLogs(): void {
    this.#agent.send(reopenCommand)
  }

  ended(code: number | null, signal: string | null): void {
    const isRetiring = this.#state === 'retiring'
    this.#state = 'ended'
    this.#signal.stop()
    this.#deadline.stop()
    this.#ending.ended(code, signal, isRetiring)
  }

  #beat(rssBytes: number): void {
    this.#heartbeat.beat()
    const { maxMemoryBytes: limit } = this.#options.settings
    if (limit === 0 || rssBytes <= limit) return
    const isNew = this.#leaveCause === undefined && !this.isEnding
    if (isNew) this.#options.log.write('info', memoryText(this, rssBytes, limit))
    this.#leave('max_memory')
  }

  /** A worker that leaves serves until its replacement serves. */
  #leave(cause: LeaveCause): void {
    if (this.#state !== 'serving' && this.#state !== 'booting') return
    this.#leaveCause ??= cause
    this.#leftAt ??= this.#options.now()
    if (this.#state === 'booting') return
    this.#state = 'spent'
    this.#options.onChange()
  }

  /** Only this worker got the signal, and not the master. */
  #decide(signal: HeldSignal): void {
    const { heedsSignals, onChange } = this.#options
    if (this.isEnding || this.#ending.isAsked || !heedsSignals()) return
    if (signal !== 'SIGTERM') this.quit('quit', signal)
    else if (this.#state === 'booting') this.drop('quit')
    else this.#leaveSoon()
    onChange()
  }

  /** If no replacement is ready in time, the worker ends. */
  #leaveSoon(): void {
    this.#state = 'spent'
    this.#leaveCause = 'quit'
    this.#deadline.start(() => {
      this.retire('quit')
      this.#options.onChange()
    }, this.bootTimeoutMs)
  }
}
