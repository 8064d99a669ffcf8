import type { Worker } from 'node:cluster'
import { performance } from 'node:perf_hooks'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import { workerEnd } from '../model/worker-end.ts'
import type { HookCaller, HookWorker } from './hooks.ts'
import {
  askedCommand,
  beatCommand,
  commandOf,
  drainedCommand,
  quitCommand,
  releaseCommand,
  reopenCommand,
  retireCommand,
  spentCommand,
  type ToAgent,
} from './message.ts'
import type { RunSettings } from './run-settings.ts'

/**
 * A worker's life as its master leads it: `booting` until it listens, `serving`, `spent` when it has
 * served its number of requests and waits for a replacement, `retiring` when it was asked to finish,
 * `killed` when it was not asked any more, `ended`.
 */
type WorkerState = 'booting' | 'serving' | 'spent' | 'retiring' | 'killed' | 'ended'

export interface ManagedWorkerOptions {
  readonly worker: Worker
  /** Which (re)load of the application's code it runs. */
  readonly generation: number
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly log: GunicornLog
  /** It serves now, is spent, or was asked to end by somebody else. */
  readonly onChange: () => void
  /** Whether any worker of this application has ever listened. */
  readonly isListener: () => boolean
  /** There never was a process: the system had none to give. */
  readonly onNoProcess: () => void
}

/** What a worker has after SIGABRT, or when it is to quit, before SIGKILL, milliseconds. */
const lastChanceMs = 1_000
/** After this a worker of a program that has never listened counts as serving all the same, milliseconds. */
const bootMs = 30_000
const hookServer = { pid: process.pid }

/** One worker of a master: what it is told, what it tells, and what becomes of it. */
export class ManagedWorker {
  readonly generation: number
  readonly #options: ManagedWorkerOptions
  readonly #boot: NodeJS.Timeout
  #state: WorkerState = 'booting'
  #hasServed = false
  #cause: WorkerCause | undefined
  #lastBeatAt = performance.now()
  #hasBeaten = false
  /** Kills it should it not end by itself. */
  #deadline: NodeJS.Timeout | undefined

  constructor(options: ManagedWorkerOptions) {
    const { worker, log } = options
    this.#options = options
    this.generation = options.generation
    this.#boot = setTimeout(() => this.#booted(), bootMs)
    worker.on('error', (error) => {
      // Of a message to one that is just dying, or of a fork that failed.
      log.write('debug', `Worker (pid:${worker.process.pid}): ${error.message}`)
      if (worker.process.pid === undefined) options.onNoProcess()
    })
    worker.process.on('internalMessage', (message: unknown) => this.#hear(message))
    log.write('info', `Booting worker with pid: ${worker.process.pid}`)
    options.hooks.call('postFork', hookServer, this.#told)
  }

  get state(): WorkerState {
    return this.#state
  }

  /** Whether it is on its way out. */
  get isEnding(): boolean {
    return this.#state === 'retiring' || this.#state === 'killed' || this.#state === 'ended'
  }

  get isHung(): boolean {
    return this.#state === 'killed' && this.#cause === 'timeout'
  }

  /** Why the master ended it, or is about to. */
  get cause(): WorkerCause | undefined {
    return this.#cause
  }

  /** Whether it ended before it served, and nobody wanted that. */
  get hasFailedToBoot(): boolean {
    const isOwnDoing = this.#cause === undefined || this.#cause === 'timeout'
    return this.#state === 'ended' && !this.#hasServed && isOwnDoing
  }

  /** Why it ends from now on: service managers and terminals signal workers too, and may be first. */
  mean(cause: WorkerCause): void {
    this.#cause ??= cause
  }

  serves(): void {
    if (this.#state !== 'booting') return
    clearTimeout(this.#boot)
    this.#state = 'serving'
    this.#hasServed = true
    this.#options.onChange()
  }

  /** Asks it to finish what is in flight, and to end. */
  retire(cause: WorkerCause): void {
    if (this.isEnding) return
    this.mean(cause)
    this.#release()
  }

  /** Ends it where it still boots. */
  drop(cause: WorkerCause): void {
    if (this.#state !== 'booting') return
    this.retire(cause)
    // It hears nothing else while it reads the application.
    this.#options.worker.process.kill('SIGTERM')
  }

  /** Tells it to end at once. */
  quit(cause: WorkerCause): void {
    if (this.#state === 'ended') return
    this.mean(cause)
    this.#state = 'killed'
    this.#options.hooks.call('workerInt', this.#told)
    this.#tell({ cmd: quitCommand })
    this.#killLater(lastChanceMs)
  }

  /** Ends it where its event loop has stood still for too long. @param forgives its silence so far. */
  check(now: number, forgives: boolean): void {
    if (forgives) this.#lastBeatAt = now
    const { timeoutMs } = this.#options.settings
    const isWatched = timeoutMs > 0 && this.#state !== 'killed' && this.#state !== 'ended'
    if (isWatched && now - this.#lastBeatAt > timeoutMs) this.#abort()
  }

  reopenLogs(): void {
    this.#tell({ cmd: reopenCommand })
  }

  ended(code: number | null, signal: string | null): void {
    clearTimeout(this.#deadline)
    clearTimeout(this.#boot)
    const wasRetiring = this.#state === 'retiring'
    this.#state = 'ended'
    const { worker, log, hooks } = this.#options
    const how = signal ? `signal ${signal}` : `code ${code}`
    const why = this.#cause ? ` (${this.#cause})` : ''
    const isAsked = this.#cause !== undefined && this.#cause !== 'timeout'
    const isExpected = isAsked || (wasRetiring && code === 0)
    const text = `Worker (pid:${worker.process.pid}) ended by ${how}${why}`
    log.write(isExpected ? 'info' : 'error', text)
    const { reason } = workerEnd(code, signal, this.#cause)
    hooks.call('workerExit', hookServer, { ...this.#told, reason })
  }

  #hear(message: unknown): void {
    const command = commandOf(message)
    if (command === beatCommand) {
      this.#lastBeatAt = performance.now()
      this.#hasBeaten = true
    }
    if (command === askedCommand && !this.isEnding) {
      this.#release()
      this.#options.onChange()
    }
    if (command === drainedCommand) this.#tell({ cmd: releaseCommand })
    if (command === spentCommand && this.#state === 'serving') {
      this.#state = 'spent'
      this.#options.onChange()
    }
  }

  /** One that hangs in its boot does not serve; and where others listen, this one will, late as it is. */
  #booted(): void {
    const { settings, isListener } = this.#options
    if ((settings.timeoutMs === 0 || this.#hasBeaten) && !isListener()) this.serves()
  }

  #release(): void {
    this.#state = 'retiring'
    this.#tell({ cmd: retireCommand })
    const { gracefulTimeoutMs } = this.#options.settings
    if (gracefulTimeoutMs > 0) this.#killLater(gracefulTimeoutMs)
  }

  #abort(): void {
    const { worker, log, hooks } = this.#options
    log.write('critical', `WORKER TIMEOUT (pid:${worker.process.pid})`)
    this.#state = 'killed'
    this.#cause = 'timeout'
    hooks.call('workerAbort', this.#told)
    worker.process.kill('SIGABRT')
    this.#killLater(lastChanceMs)
  }

  #killLater(pauseMs: number): void {
    const { worker, log } = this.#options
    clearTimeout(this.#deadline)
    this.#deadline = setTimeout(() => {
      log.write('warning', `Worker (pid:${worker.process.pid}) did not end in time: SIGKILL`)
      worker.process.kill('SIGKILL')
    }, pauseMs)
  }

  #tell(message: ToAgent): void {
    const { worker } = this.#options
    if (worker.isConnected()) worker.process.send(message, () => {})
  }

  get #told(): HookWorker {
    const { id, process: child } = this.#options.worker
    return { pid: child.pid ?? 0, age: id }
  }
}
