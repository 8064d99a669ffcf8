import type { Cluster, Worker } from 'node:cluster'
import { performance } from 'node:perf_hooks'
import type { WorkerCause } from '../model/worker-cause.ts'
import { workerEnd } from '../model/worker-end.ts'
import { bootPauseMs } from './backoff.ts'
import { beatInterval } from './heartbeat.ts'
import type { HookCaller, HookWorker } from './hooks.ts'
import type { ListeningSockets } from './listening-sockets.ts'
import type { Log } from './log.ts'
import {
  type AgentSettings,
  agentVariable,
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
import { isEnding, type WorkerRecord } from './worker-record.ts'

export interface MasterOptions {
  readonly cluster: Cluster
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly log: Log
  readonly sockets: ListeningSockets
  /** Called with the number of workers that are wanted, whenever it changes. */
  readonly onWanted: (count: number) => void
  /** Called once, when no worker is left and none is to come. */
  readonly onEnd: (exitCode: number) => void
}

type Phase = 'serving' | 'stopping' | 'ended'

/** How often the master looks for workers that stand still, milliseconds. */
const lookMs = 250
const hookServer = { pid: process.pid }
/** How many boots in a row may fail, per worker wanted, before the master gives up. */
const bootFailuresPerWorker = 3
/** What a worker has after SIGABRT, or when it is to quit, before SIGKILL, milliseconds. */
const lastChanceMs = 1_000
/** After this a worker counts as serving though it does not listen: not every program does, milliseconds. */
const bootMs = 30_000
/** When all that a predecessor's workers listened on is asked for again, milliseconds after the first. */
const unclaimedMs = 10_000
/** How long a connection may take from the master to a worker, milliseconds. */
const handOverMs = 200
/** Exit code of gunicorn's for workers that do not boot. */
const bootFailureCode = 3

/** Keeps the wanted number of workers running; everything it does follows from what there is (`#settle`). */
export class Master {
  readonly #options: MasterOptions
  /** Bounded by the wanted workers, twice over while they are replaced. */
  readonly #records = new Map<number, WorkerRecord>()
  #settings: RunSettings
  #hooks: HookCaller
  #phase: Phase = 'serving'
  #wasReady = false
  #wanted: number
  #generation = 0
  /** Boots that failed since a worker last served. */
  #bootFailures = 0
  /** Forks that wait for their pause to end. */
  readonly #pauses = new Set<NodeJS.Timeout>()
  /** The spent worker that is being replaced: one at a time, the others go on. */
  #replaced: WorkerRecord | undefined
  #lastCheckAt = performance.now()
  #exitCode = 0
  /** A new master serves beside this one, which is to go. */
  #isSucceeded = false

  constructor(options: MasterOptions) {
    this.#options = options
    this.#settings = options.settings
    this.#hooks = options.hooks
    this.#wanted = options.settings.workers
  }

  start(): void {
    const { cluster } = this.#options
    this.#hooks.call('onStarting', hookServer)
    cluster.on('listening', (worker) => this.#serves(worker))
    cluster.on('exit', (worker, code, signal) => this.#ended(worker, code, signal))
    setInterval(() => this.#checkBeats(), lookMs)
    this.#want(this.#wanted)
    this.#settle()
  }

  /** Why this worker was ended; undefined where it ended by itself. */
  causeOf(age: number): WorkerCause | undefined {
    return this.#records.get(age)?.cause
  }

  /** Forks workers by new settings that read the code anew; the old ones go when these serve. */
  reload(settings: RunSettings, hooks: HookCaller): void {
    if (this.#phase !== 'serving') return
    this.#settings = settings
    this.#hooks = hooks
    this.#generation += 1
    this.#want(settings.workers)
    this.#bootFailures = 0
    this.#settle()
  }

  /** One worker more, or one fewer, but never none. */
  scale(by: 1 | -1): void {
    if (this.#phase !== 'serving') return
    this.#want(Math.max(1, this.#wanted + by))
    this.#options.log.write('info', `Workers wanted: ${this.#wanted}`)
    this.#settle()
  }

  /** Ends all workers gracefully; the master stays, until it is told to reload or to scale. */
  rest(): void {
    if (this.#phase !== 'serving') return
    this.#want(0)
    this.#clearPauses()
    this.#options.sockets.stopAccepting()
    this.#mean('winch')
    setTimeout(() => {
      if (this.#wanted === 0) this.#retireAll('winch')
    }, handOverMs)
  }

  /** Ends all workers, and then the master. */
  stop(cause: 'term' | 'int' | 'quit', exitCode = 0): void {
    this.#phase = 'stopping'
    this.#exitCode ||= exitCode
    this.#clearPauses()
    this.#options.sockets.stopAccepting()
    const told = this.#isSucceeded ? 'usr2' : cause
    this.#mean(told)
    // What came in before is on its way to a worker, which would turn it away.
    if (cause === 'term' || this.#isSucceeded) setTimeout(() => this.#retireAll(told), handOverMs)
    else for (const record of this.#records.values()) this.#quit(record, told)
    this.#endIfAlone()
  }

  /** A new master has come, or gone again. */
  succeed(isSucceeded: boolean): void {
    this.#isSucceeded = isSucceeded
  }

  /** Tells the workers that log files were reopened. */
  reopenLogs(): void {
    this.#options.log.reopen()
    for (const record of this.#records.values()) this.#tell(record, { cmd: reopenCommand })
  }

  #want(count: number): void {
    this.#wanted = count
    this.#options.onWanted(count)
  }

  #settle(): void {
    if (this.#phase !== 'serving') return
    const current = this.#current()
    const taken = current.length + this.#pauses.size + this.#aborting()
    for (let count = taken; count < this.#wanted; count += 1) this.#forkLater()
    const serving = current.filter(({ state }) => state !== 'booting')
    if (serving.length < this.#wanted) return
    this.#tellReady()
    this.#retireOld()
    // The oldest first, as gunicorn does.
    for (const record of current.slice(0, current.length - this.#wanted))
      this.#retire(record, 'ttou')
    this.#replaceSpent()
  }

  /** The workers that count: of the present generation, not on their way out, not being replaced. */
  #current(): WorkerRecord[] {
    return [...this.#records.values()].filter(
      (record) =>
        record.generation === this.#generation && !isEnding(record) && record !== this.#replaced,
    )
  }

  /** Why all workers end from now on: service managers and terminals signal them too, and they may be first. */
  #mean(cause: WorkerCause): void {
    for (const record of this.#records.values()) record.cause ??= cause
  }

  #tellReady(): void {
    if (this.#wasReady) return
    this.#wasReady = true
    this.#hooks.call('whenReady', hookServer)
    setTimeout(() => this.#options.sockets.closeUnclaimed(), unclaimedMs)
  }

  #retireAll(cause: WorkerCause): void {
    for (const record of this.#records.values()) this.#retire(record, cause)
    this.#endIfAlone()
  }

  /** One that hung is replaced when it has ended: a fork before would count as one worker more. */
  #aborting(): number {
    return [...this.#records.values()].filter(
      ({ state, cause, worker }) => state === 'killed' && cause === 'timeout' && !worker.isDead(),
    ).length
  }

  #retireOld(): void {
    if (this.#replaced) this.#retire(this.#replaced, 'max_requests')
    for (const record of this.#records.values()) {
      if (record.generation < this.#generation) this.#retire(record, 'hup')
    }
  }

  #replaceSpent(): void {
    if (this.#replaced) return
    this.#replaced = this.#current().find(({ state }) => state === 'spent')
    if (this.#replaced) this.#settle()
  }

  #forkLater(): void {
    const pauseMs = bootPauseMs(Math.floor(this.#bootFailures / Math.max(1, this.#wanted)))
    if (pauseMs === 0) {
      this.#fork()
      return
    }
    const pause = setTimeout(() => {
      this.#pauses.delete(pause)
      this.#fork()
    }, pauseMs)
    this.#pauses.add(pause)
  }

  #fork(): void {
    const { cluster, log } = this.#options
    const worker = cluster.fork({ [agentVariable]: JSON.stringify(this.#agentSettings()) })
    const record: WorkerRecord = {
      worker,
      generation: this.#generation,
      state: 'booting',
      timeoutMs: this.#settings.timeoutMs,
      lastBeatAt: performance.now(),
      hasServed: false,
      cause: undefined,
      deadline: undefined,
      boot: setTimeout(() => this.#serves(worker), bootMs),
    }
    this.#records.set(worker.id, record)
    worker.on('error', (error) => this.#erred(worker, error))
    worker.process.on('internalMessage', (message: unknown) => this.#hear(record, message))
    log.write('info', `Booting worker with pid: ${worker.process.pid}`)
    this.#hooks.call('postFork', hookServer, hookWorker(worker))
  }

  #agentSettings(): AgentSettings {
    const { timeoutMs, keepAliveMs, maxRequests, maxRequestsJitter } = this.#settings
    const jitter = Math.floor(Math.random() * (maxRequestsJitter + 1))
    return {
      beatMs: timeoutMs > 0 ? beatInterval(timeoutMs) : 0,
      keepAliveMs,
      requests: maxRequests > 0 ? maxRequests + jitter : 0,
    }
  }

  /** A message to one that is just dying, which says nothing new, or a process that there never was. */
  #erred(worker: Worker, error: Error): void {
    this.#options.log.write('debug', `Worker (pid:${worker.process.pid}): ${error.message}`)
    if (worker.process.pid === undefined) this.#ended(worker, 1, null)
  }

  #hear(record: WorkerRecord, message: unknown): void {
    const command = commandOf(message)
    if (command === beatCommand) record.lastBeatAt = performance.now()
    if (command === drainedCommand) this.#tell(record, { cmd: releaseCommand })
    if (command === spentCommand && record.state === 'serving') {
      record.state = 'spent'
      this.#settle()
    }
  }

  #serves({ id }: Worker): void {
    const record = this.#records.get(id)
    if (record?.state !== 'booting') return
    clearTimeout(record.boot)
    record.state = 'serving'
    record.hasServed = true
    this.#bootFailures = 0
    this.#settle()
  }

  #ended(worker: Worker, code: number | null, signal: string | null): void {
    const record = this.#records.get(worker.id)
    if (!record) return
    clearTimeout(record.deadline)
    clearTimeout(record.boot)
    // Kept for `causeOf`, which the report of the end asks in this same event.
    setImmediate(() => this.#records.delete(worker.id))
    this.#tellEnd(record, code, signal)
    const { reason } = workerEnd(code, signal, record.cause)
    this.#hooks.call('workerExit', hookServer, { ...hookWorker(worker), reason })
    record.state = 'killed'
    if (record === this.#replaced) this.#replaced = undefined
    const isOwnDoing = record.cause === undefined || record.cause === 'timeout'
    if (!record.hasServed && isOwnDoing && this.#phase === 'serving') this.#bootFailed()
    this.#settle()
    this.#endIfAlone()
  }

  #tellEnd({ worker, cause }: WorkerRecord, code: number | null, signal: string | null): void {
    const how = signal ? `signal ${signal}` : `code ${code}`
    const text = `Worker (pid:${worker.process.pid}) ended by ${how}${cause ? ` (${cause})` : ''}`
    const isExpected = cause !== undefined && cause !== 'timeout'
    this.#options.log.write(isExpected ? 'info' : 'error', text)
  }

  #bootFailed(): void {
    this.#bootFailures += 1
    const isAnyServing = [...this.#records.values()].some(
      ({ state }) => state !== 'booting' && state !== 'killed',
    )
    if (isAnyServing || this.#bootFailures < bootFailuresPerWorker * Math.max(1, this.#wanted))
      return
    const text = `Workers do not boot: ${this.#bootFailures} in a row ended before they listened. Giving up.`
    this.#options.log.write('critical', text)
    this.stop('quit', bootFailureCode)
  }

  #retire(record: WorkerRecord, cause: WorkerCause): void {
    if (isEnding(record)) return
    record.state = 'retiring'
    record.cause ??= cause
    this.#tell(record, { cmd: retireCommand })
    const { gracefulTimeoutMs } = this.#settings
    if (gracefulTimeoutMs > 0) this.#killLater(record, gracefulTimeoutMs)
  }

  #quit(record: WorkerRecord, cause: WorkerCause): void {
    record.state = 'killed'
    record.cause ??= cause
    this.#hooks.call('workerInt', hookWorker(record.worker))
    this.#tell(record, { cmd: quitCommand })
    this.#killLater(record, lastChanceMs)
  }

  #killLater(record: WorkerRecord, pauseMs: number): void {
    clearTimeout(record.deadline)
    record.deadline = setTimeout(() => {
      const { pid } = record.worker.process
      this.#options.log.write('warning', `Worker (pid:${pid}) did not end in time: SIGKILL`)
      record.worker.process.kill('SIGKILL')
    }, pauseMs)
  }

  #checkBeats(): void {
    const now = performance.now()
    // Where the master itself stood still, it has not heard the beats that there were.
    const wasLate = now - this.#lastCheckAt > 2 * lookMs
    this.#lastCheckAt = now
    for (const record of this.#records.values()) {
      if (wasLate) record.lastBeatAt = now
      const { timeoutMs, lastBeatAt } = record
      if (timeoutMs > 0 && !isEnding(record) && now - lastBeatAt > timeoutMs) this.#abort(record)
    }
  }

  #abort(record: WorkerRecord): void {
    const { process: child } = record.worker
    this.#options.log.write('critical', `WORKER TIMEOUT (pid:${child.pid})`)
    record.state = 'killed'
    record.cause = 'timeout'
    this.#hooks.call('workerAbort', hookWorker(record.worker))
    child.kill('SIGABRT')
    this.#killLater(record, lastChanceMs)
  }

  #tell({ worker }: WorkerRecord, message: ToAgent): void {
    if (worker.isConnected()) worker.process.send(message, () => {})
  }

  #clearPauses(): void {
    for (const pause of this.#pauses) clearTimeout(pause)
    this.#pauses.clear()
  }

  #endIfAlone(): void {
    const isAlone = [...this.#records.values()].every(({ worker }) => worker.isDead())
    if (this.#phase !== 'stopping' || !isAlone) return
    this.#phase = 'ended'
    this.#hooks.call('onExit', hookServer)
    this.#options.onEnd(this.#exitCode)
  }
}

function hookWorker({ id, process: { pid = 0 } }: Worker): HookWorker {
  return { pid, age: id }
}
