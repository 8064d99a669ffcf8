import { performance } from 'node:perf_hooks'
import { masterLimits } from '../limits/master.ts'
import { coded } from '../model/errors/coded-text.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import { type HookCaller, hookServer } from './hooks/hooks.ts'
import type { MasterOptions } from './master-options.ts'
import { HeartbeatChecks } from './pool/heartbeat-checks.ts'
import { Supervisor } from './pool/supervisor.ts'
import type { RunSettings } from './settings/run-settings.ts'
import type { WorkerNumbers } from './systemd/status-text.ts'
import type { ManagedWorker } from './worker/managed-worker.ts'
import type { MasterOverview } from './worker/overview.ts'
import type { ProfiledWorker } from './worker/profiled-worker.ts'

type Phase =
  /** The hook for the start runs. */
  | 'starting'
  | 'serving'
  /** After SIGTERM, the master still accepts connections for the drain delay. */
  | 'closing'
  /** All workers end, and then the master. */
  | 'stopping'
  | 'ended'

type StopCause = 'term' | 'int' | 'quit' | 'halt'

interface Stopping {
  readonly isGraceful: boolean
  readonly exitCode: number
}

const stillStarting = 'Ignored: the hook on_starting still runs. Send the signal again later'

/** gunicorn's exit code when workers do not boot. */
const bootFailureCode = 3

/** The process manager: the operator's commands, and the start and the end of the service. */
export class Master {
  readonly #options: MasterOptions
  readonly #heartbeats: HeartbeatChecks
  readonly #supervisor: Supervisor
  #hooks: HookCaller
  #settings: RunSettings
  #phase: Phase = 'starting'
  #wasReady = false
  #exitCode = 0
  #stopCause: WorkerCause = 'quit'
  #delayedRest: NodeJS.Timeout | undefined
  /** Whether a new master serves beside this master. */
  #hasSuccessor = false

  constructor(options: MasterOptions) {
    this.#options = options
    const now = options.now ?? (() => performance.now())
    this.#hooks = options.hooks
    this.#settings = options.settings
    this.#supervisor = new Supervisor({
      ...options,
      now,
      onReady: () => this.#ready(),
      onReloadFailed: (reason) => this.#reloadFailed(reason),
      onHopeless: (failures) => this.#giveUp(failures),
      onEnded: () => this.#endIfAlone(),
    })
    this.#heartbeats = new HeartbeatChecks(this.#supervisor.pool, now)
  }

  start(): void {
    this.#hooks.call('nworkersChanged', hookServer, this.#supervisor.wanted, null)
    this.#heartbeats.start()
    this.#hooks.callAndWait('onStarting', hookServer, () => this.#started())
  }

  #started(): void {
    // A signal can have stopped the master while the hook ran.
    if (this.#phase !== 'starting') return
    this.#phase = 'serving'
    this.#supervisor.start()
  }

  /** Why the master ended a worker; undefined when the master did not. */
  causeOf(forkNumber: number): WorkerCause | undefined {
    return this.#supervisor.pool.get(forkNumber)?.cause
  }

  /** Whether a signal, or failed boots, have ended this master, perhaps after a drain delay. */
  get isEnding(): boolean {
    return this.#phase !== 'starting' && this.#phase !== 'serving'
  }

  /** The workers as numbers. */
  get workers(): WorkerNumbers {
    return this.#supervisor.numbers
  }

  /** For the control socket. */
  get overview(): MasterOverview {
    const isServing = this.#phase === 'serving'
    return { settings: this.#settings, isServing, ...this.#supervisor.overview }
  }

  /** A worker that has not ended, for profiles. */
  profiled(pid: number): ProfiledWorker | undefined {
    const isAsked = (each: ManagedWorker): boolean => each.pid === pid && each.state !== 'ended'
    return this.#supervisor.pool.all().find(isAsked)?.profiled
  }

  /** Forks workers that read the code again. The old workers retire when the new workers serve. */
  reload(settings: RunSettings, hooks: HookCaller): void {
    if (this.#phase === 'starting')
      this.#options.log.write('warning', coded('GPE_RELOAD_TOO_EARLY', stillStarting))
    if (this.#phase !== 'serving') return
    this.#endDelayedRest()
    this.#hooks = hooks
    this.#settings = settings
    this.#supervisor.reload(settings, hooks)
  }

  /** Adds or removes workers, but never the last worker. */
  scale(by: number): void {
    this.#endDelayedRest()
    const count = this.#supervisor.wanted + by
    // After `rest()` no worker is wanted, and TTOU must not start a worker.
    if (this.#phase !== 'serving' || count < 1) return
    this.#options.log.write('info', `Workers wanted: ${count}`)
    this.#supervisor.want(count)
  }

  /** Ends all workers gracefully. The master stays until a reload or a scale. */
  rest(): void {
    if (this.#phase !== 'serving') return
    if (!this.#hasSuccessor) {
      // The sockets stay open, and connections wait for the next worker.
      this.#options.sockets.keepUnused()
      this.#supervisor.rest('winch')
      return
    }
    // New connections have to reach the other master. Sent connections reach the workers first.
    this.#options.sockets.stopAccepting()
    clearTimeout(this.#delayedRest)
    this.#delayedRest = setTimeout(() => this.#endDelayedRest(), masterLimits.handOverMs)
  }

  /** The next command must not come before the rest: the rest would undo the command. */
  #endDelayedRest(): void {
    if (!this.#delayedRest) return
    clearTimeout(this.#delayedRest)
    this.#delayedRest = undefined
    if (this.#phase === 'serving') this.#supervisor.rest('winch')
  }

  /** Ends all workers, and then the master; the second call ends the workers at once. */
  stop(cause: StopCause, exitCode = 0): void {
    if (this.#phase === 'ended') return
    this.#options.service?.ends()
    // With a successor, every signal ends the old master of an upgrade, gracefully.
    const isGraceful = this.#phase === 'serving' && (cause === 'term' || this.#hasSuccessor)
    const delayMs = this.#hasSuccessor ? 0 : this.#settings.drainDelayMs
    if (isGraceful && delayMs > 0) this.#stopAfter(delayMs)
    else this.#stopNow(cause, { isGraceful, exitCode })
  }

  /** Load balancers get the time to choose another process. */
  #stopAfter(delayMs: number): void {
    this.#phase = 'closing'
    this.#options.log.write('info', `Accepting for another ${delayMs / 1_000} s`)
    this.#supervisor.close()
    this.#options.onClosing()
    setTimeout(() => {
      if (this.#phase === 'closing') this.#stopNow('term', { isGraceful: true, exitCode: 0 })
    }, delayMs)
  }

  #stopNow(cause: StopCause, { isGraceful, exitCode }: Stopping): void {
    this.#phase = 'stopping'
    this.#exitCode ||= exitCode
    const ownCause = this.#hasSuccessor ? 'usr2' : cause
    this.#stopCause = ownCause
    this.#supervisor.stop(ownCause)
    this.#options.sockets.stopAccepting()
    // Sent connections reach the workers first: a retiring worker would refuse a connection.
    if (isGraceful) setTimeout(() => this.#retireAll(ownCause), masterLimits.handOverMs)
    else for (const worker of this.#supervisor.pool.all()) worker.quit(ownCause)
    this.#endIfAlone()
  }

  /** Sets the pid of a new master that serves beside this master. */
  setSuccessor(pid: number | undefined): void {
    this.#hasSuccessor = pid !== undefined
    this.#options.sockets.setSuccessor(this.#hasSuccessor)
    this.#options.service?.setSuccessor(pid)
  }

  /** Calls the hook for a new master, which is about to start. */
  beforeUpgrade(): void {
    this.#hooks.call('preExec', hookServer)
  }

  reopenLogs(): void {
    this.#options.log.reopen()
    // Workers may not create files in the directory.
    this.#options.onReopen()
    for (const worker of this.#supervisor.pool.all()) worker.reopenLogs()
  }

  #ready(): void {
    // At rest, all wanted workers serve: none. The sockets wait for the next worker.
    const isServing = this.#supervisor.wanted > 0
    if (isServing) this.#options.sockets.closeUnused()
    this.#options.service?.serves()
    if (isServing) this.#options.onOutcome('served')
    if (this.#wasReady || !isServing) return
    this.#wasReady = true
    this.#hooks.call('whenReady', hookServer)
  }

  #reloadFailed(reason: string): void {
    this.#options.service?.reloadFailed(reason)
    this.#options.onOutcome('failed')
  }

  #giveUp(failures: number): void {
    // With a successor, the port can be taken; workers boot again when the successor ends.
    if (this.#hasSuccessor) return
    const text = `Workers do not boot: ${failures} in a row ended before they listened.`
    if (this.#settings.fileReload) {
      this.#options.log.write(
        'critical',
        coded('GPE_WORKERS_DO_NOT_BOOT', `${text} Waiting for a changed file.`),
      )
      this.#supervisor.rest('halt')
      this.#options.onOutcome('failed')
      return
    }
    this.#options.log.write('critical', coded('GPE_WORKERS_DO_NOT_BOOT', `${text} Giving up.`))
    this.stop('halt', bootFailureCode)
  }

  #retireAll(cause: WorkerCause): void {
    for (const worker of this.#supervisor.pool.all()) worker.retire(cause)
    this.#endIfAlone()
  }

  #endIfAlone(): void {
    if (this.#phase !== 'stopping' || !this.#supervisor.pool.haveAllEnded) return
    this.#phase = 'ended'
    this.#hooks.callAndWait('onExit', hookServer, () => {
      this.#options.onEnd(this.#exitCode, this.#stopCause)
    })
  }
}
