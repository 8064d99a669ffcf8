import type { Cluster, Worker } from 'node:cluster'
import { performance } from 'node:perf_hooks'
import type { GunicornLog } from '../log/gunicorn-log.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import { messageOf } from '../support/error-message.ts'
import { Boots } from './boots.ts'
import { beatInterval } from './heartbeat.ts'
import type { HookCaller } from './hooks.ts'
import type { ListeningSockets } from './listening-sockets.ts'
import { ManagedWorker } from './managed-worker.ts'
import { type AgentSettings, agentVariable } from './message.ts'
import type { RunSettings } from './run-settings.ts'

export interface MasterOptions {
  readonly cluster: Cluster
  readonly settings: RunSettings
  readonly hooks: HookCaller
  readonly log: GunicornLog
  readonly sockets: ListeningSockets
  /** Called with the number of workers that are wanted, whenever it changes. */
  readonly onWanted: (count: number) => void
  /** Called once, when no worker is left and none is to come. */
  readonly onEnd: (exitCode: number) => void
}

type Phase = 'serving' | 'stopping' | 'ended'

const hookServer = { pid: process.pid }
/** How often the master looks for workers that stand still, milliseconds. */
const lookMs = 250
/** When all that a predecessor's workers listened on is asked for again, milliseconds after the first. */
const unclaimedMs = 10_000
/** How long a connection may take from the master to a worker, milliseconds. */
const handOverMs = 200
/** How long the channel of an ended worker is waited for: a child of its own may hold it, milliseconds. */
const channelPatienceMs = 500
/** Exit code of gunicorn's for workers that do not boot. */
const bootFailureCode = 3

/** Keeps the wanted number of workers running; everything it does follows from what there is (`#settle`). */
export class Master {
  readonly #options: MasterOptions
  /** by fork number; bounded by the wanted workers, twice over while they are replaced. */
  readonly #workers = new Map<number, ManagedWorker>()
  readonly #boots = new Boots(() => this.#fork())
  /** Processes that have ended and whose channel is still open. */
  readonly #untold = new Set<Worker['process']>()
  #settings: RunSettings
  #hooks: HookCaller
  #phase: Phase = 'serving'
  #wasReady = false
  /** A worker has listened: then all are expected to. */
  #isListener = false
  /** The workers go, and their sockets with them: new ones wait until the last has left. */
  #isResting = false
  #wanted: number
  #generation = 0
  /** The spent worker that is being replaced: one at a time, the others go on. */
  #replaced: ManagedWorker | undefined
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
    cluster.on('listening', ({ id }) => {
      this.#isListener = true
      this.#workers.get(id)?.serves()
    })
    cluster.on('exit', (worker, code, signal) => this.#ended(worker, code, signal))
    setInterval(() => this.#checkBeats(), lookMs)
    this.#want(this.#wanted)
    this.#settle()
  }

  /** Why this worker was ended; undefined where it ended by itself. */
  causeOf(forkNumber: number): WorkerCause | undefined {
    return this.#workers.get(forkNumber)?.cause
  }

  /** Forks workers by new settings that read the code anew; the old ones go when these serve. */
  reload(settings: RunSettings, hooks: HookCaller): void {
    if (this.#phase !== 'serving') return
    this.#settings = settings
    this.#hooks = hooks
    this.#generation += 1
    this.#boots.succeeded()
    this.#want(settings.workers)
    // Those that boot have read code that is old by now: signal upon signal would pile them up.
    for (const worker of this.#workers.values()) worker.drop('hup')
    this.#settle()
  }

  /** One worker more, or one fewer, but never none. */
  scale(by: 1 | -1): void {
    // After `rest` there are none, and fewer than none is no reason to start one.
    if (this.#phase !== 'serving' || this.#wanted + by < 1) return
    this.#want(this.#wanted + by)
    this.#options.log.write('info', `Workers wanted: ${this.#wanted}`)
    this.#settle()
  }

  /** Ends all workers gracefully; the master stays, until it is told to reload or to scale. */
  rest(): void {
    if (this.#phase !== 'serving') return
    this.#want(0)
    this.#isResting = true
    this.#leave('winch')
    setTimeout(() => this.#retireAll('winch'), handOverMs)
  }

  /** Ends all workers, and then the master; at once where it is asked again. */
  stop(cause: 'term' | 'int' | 'quit', exitCode = 0): void {
    if (this.#phase === 'ended') return
    // Who asks twice does not want to wait; who ends a master that has a successor means the upgrade.
    const isGraceful = this.#phase === 'serving' && (cause === 'term' || this.#isSucceeded)
    this.#phase = 'stopping'
    this.#exitCode ||= exitCode
    const told = this.#isSucceeded ? 'usr2' : cause
    this.#leave(told)
    // What came in before is on its way to a worker, which would turn it away.
    if (isGraceful) setTimeout(() => this.#retireAll(told), handOverMs)
    else for (const worker of this.#workers.values()) worker.quit(told)
    this.#endIfAlone()
  }

  /** A new master has come, or gone again. */
  succeed(isSucceeded: boolean): void {
    this.#isSucceeded = isSucceeded
    this.#options.sockets.succeed(isSucceeded)
  }

  /** Tells the workers that log files were reopened. */
  reopenLogs(): void {
    this.#options.log.reopen()
    for (const worker of this.#workers.values()) worker.reopenLogs()
  }

  #want(count: number): void {
    this.#wanted = count
    this.#options.onWanted(count)
  }

  #settle(): void {
    if (this.#phase !== 'serving' || this.#rests()) return
    const current = this.#current()
    const taken = current.length + this.#boots.waiting + this.#hung() + this.#untold.size
    for (let count = taken; count < this.#wanted; count += 1) this.#boots.forkSoon(this.#wanted)
    const serving = current.filter(({ state }) => state !== 'booting')
    this.#dropSurplus(current)
    if (serving.length < this.#wanted) return
    this.#tellReady()
    this.#retireOld()
    // The oldest first, as gunicorn does.
    for (const worker of serving.slice(0, serving.length - this.#wanted)) worker.retire('ttou')
    this.#replaceSpent()
  }

  /** One that serves is not given up for one that may never. */
  #dropSurplus(current: readonly ManagedWorker[]): void {
    const surplus = current.length + this.#boots.waiting - this.#wanted
    const dropped = surplus - this.#boots.takeBack(surplus)
    const booting = current.filter(({ state }) => state === 'booting').reverse()
    for (const worker of booting.slice(0, Math.max(0, dropped))) worker.drop('ttou')
  }

  #rests(): boolean {
    if ([...this.#workers.values()].every(({ state }) => state === 'ended')) this.#isResting = false
    return this.#isResting
  }

  /** The workers that count: of the present generation, not on their way out, not being replaced. */
  #current(): ManagedWorker[] {
    return [...this.#workers.values()].filter(
      (worker) =>
        worker.generation === this.#generation && !worker.isEnding && worker !== this.#replaced,
    )
  }

  /** Hung ones are replaced when they have ended: a fork before would count as one worker more. */
  #hung(): number {
    const hung = [...this.#workers.values()].filter(({ isHung }) => isHung)
    return hung.filter(({ generation }) => generation === this.#generation).length
  }

  #tellReady(): void {
    if (this.#wasReady) return
    this.#wasReady = true
    this.#hooks.call('whenReady', hookServer)
    setTimeout(() => this.#options.sockets.closeUnclaimed(), unclaimedMs)
  }

  #retireOld(): void {
    this.#replaced?.retire('max_requests')
    for (const worker of this.#workers.values()) {
      if (worker.generation < this.#generation) worker.retire('hup')
    }
  }

  #replaceSpent(): void {
    if (this.#replaced) return
    this.#replaced = this.#current().find(({ state }) => state === 'spent')
    if (this.#replaced) this.#settle()
  }

  #fork(): void {
    // The last of several that the system refused may have ended the hope of the others.
    if (this.#phase !== 'serving') return
    try {
      const { cluster } = this.#options
      this.#manage(cluster.fork({ [agentVariable]: JSON.stringify(this.#agentSettings()) }))
    } catch (error) {
      // Node tells of a few errors by an event, and throws the others: ENOMEM above all.
      this.#options.log.write('error', `No worker could be forked: ${messageOf(error)}`)
      this.#bootFailed()
      if (this.#phase === 'serving') this.#boots.forkAgain(this.#wanted)
    }
  }

  #manage(worker: Worker): void {
    const { log } = this.#options
    const managed = new ManagedWorker({
      worker,
      generation: this.#generation,
      settings: this.#settings,
      hooks: this.#hooks,
      log,
      onChange: () => {
        this.#boots.succeeded()
        this.#settle()
      },
      isListener: () => this.#isListener,
      onNoProcess: () => this.#neverWas(worker),
    })
    this.#workers.set(worker.id, managed)
  }

  /** Node keeps one without a channel among the workers for ever: no event takes it away. */
  #neverWas(worker: Worker): void {
    const { workers } = this.#options.cluster
    if (workers && !worker.isConnected()) Reflect.deleteProperty(workers, worker.id)
    this.#ended(worker, 1, null)
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

  #ended({ id, process: child }: Worker, code: number | null, signal: string | null): void {
    const worker = this.#workers.get(id)
    if (!worker || worker.state === 'ended') return
    worker.ended(code, signal)
    // Kept for `causeOf`, which the report of the end asks in this same event.
    setImmediate(() => this.#workers.delete(id))
    if (worker === this.#replaced) this.#replaced = undefined
    if (worker.hasFailedToBoot) this.#bootFailed()
    this.#settleAfter(child)
    this.#endIfAlone()
  }

  /** With its channel open, its end is not told yet: a fork before would count as one worker more. */
  #settleAfter(child: Worker['process']): void {
    if (!child.connected) {
      this.#settle()
      return
    }
    const settle = (): void => {
      clearTimeout(patience)
      if (this.#untold.delete(child)) this.#settle()
    }
    this.#untold.add(child)
    const patience = setTimeout(settle, channelPatienceMs)
    child.once('disconnect', settle)
  }

  #bootFailed(): void {
    const isHopeless = this.#boots.failed(this.#wanted)
    const isAnyServing = [...this.#workers.values()].some(
      ({ state }) => state === 'serving' || state === 'spent' || state === 'retiring',
    )
    // Beside a successor the port may be its own: when it leaves, workers boot again.
    if (!isHopeless || isAnyServing || this.#isSucceeded || this.#phase !== 'serving') return
    const { failures } = this.#boots
    const text = `Workers do not boot: ${failures} in a row ended before they listened. Giving up.`
    this.#options.log.write('critical', text)
    this.stop('quit', bootFailureCode)
  }

  /** No worker comes any more, and no connection; those that are there end for this cause, whoever is first. */
  #leave(cause: WorkerCause): void {
    this.#boots.stop()
    this.#options.sockets.stopAccepting()
    for (const worker of this.#workers.values()) worker.mean(cause)
  }

  #retireAll(cause: WorkerCause): void {
    for (const worker of this.#workers.values()) worker.retire(cause)
    this.#endIfAlone()
  }

  #checkBeats(): void {
    const now = performance.now()
    // Where the master itself stood still, it has not heard the beats that there were.
    const wasLate = now - this.#lastCheckAt > 2 * lookMs
    this.#lastCheckAt = now
    for (const worker of this.#workers.values()) worker.check(now, wasLate)
  }

  #endIfAlone(): void {
    const isAlone = [...this.#workers.values()].every(({ state }) => state === 'ended')
    if (this.#phase !== 'stopping' || !isAlone) return
    this.#phase = 'ended'
    this.#hooks.call('onExit', hookServer)
    this.#options.onEnd(this.#exitCode)
  }
}
