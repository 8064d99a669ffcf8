import type { ChildProcess } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { join } from 'node:path'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { startSeconds } from '../collect/process/own-worker-id.ts'
import { environment } from '../config/environment.ts'
import { announceParent, hasSidecarVariable } from '../config/preloaded-parent.ts'
import type { Settings } from '../config/settings.ts'
import { exporterSettings } from '../exporter/exporter-settings.ts'
import { type ExporterThread, startThread } from '../exporter/thread.ts'
import { type FromThread, ownAge } from '../exporter/thread-message.ts'
import { limits } from '../limits.ts'
import { log, tellChange } from '../log/log.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import { MountedPage } from '../mount/mounted-page.ts'
import { Doorway } from '../mount/page-server-locator.ts'
import { exportTimeoutMs, pushSettings } from '../push/push-settings.ts'
import type { Door } from '../relay/door.ts'
import { hearWorker, requestResync, tellDoor } from '../relay/ipc.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { claimDirectory } from '../relay/last-report/leftovers.ts'
import { ownLife } from '../relay/life.ts'
import type { Source } from '../relay/report.ts'
import { Reporter } from '../relay/reporter.ts'
import { directorySettings } from '../share/directory/shared-directory.ts'
import { shareSettings } from '../share/redis/redis-settings.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { messageOf } from '../support/error-message.ts'
import { waitForLastPush } from './final-push.ts'
import { ForwarderQuestion } from './forwarder-question.ts'
import type { ProcessMetrics } from './process-metrics.ts'

interface Child {
  readonly process: ChildProcess
  /** Unix milliseconds. */
  readonly forkedAt: number
  isListening: boolean
}

export interface LeadOptions {
  /** Why a master ended the worker of this age. */
  readonly causeOf?: ((age: number) => WorkerCause | undefined) | undefined
  /** Called once for every worker that ended. */
  readonly onDeath?: ((death: Death) => void) | undefined
}

/** Tells a signal that the process received, or how many workers a master wants. */
export type Tell = (event: Extract<ClusterEvent, { kind: 'signal' | 'wanted' }>) => void

export interface LeaderOptions {
  readonly settings: Settings
  readonly metrics: ProcessMetrics
  readonly onFault: (part: string) => void
  /** Of a cluster worker that no preloaded primary has forked; undefined = 1, a process alone. */
  readonly age?: number
}

/** The process that has the exporter thread: a primary with its workers, or a process alone. */
export class Leader {
  /** For handlers of the application's in this very process. */
  readonly page: MountedPage
  readonly #options: LeaderOptions
  readonly #thread: ExporterThread
  readonly #reporter: Reporter
  /** The live workers by age. */
  readonly #children = new Map<number, Child>()
  readonly #doorway: Doorway = new Doorway(() => this.#askDoor(ownAge))
  /** Who waits for the door: this process, live workers. */
  readonly #doorAskers = new Set<number>()
  readonly #forwarder = new ForwarderQuestion(() => this.#thread.post({ kind: 'forwarder' }))
  /** How long the last push may take, milliseconds. */
  readonly #lastPushMs: number
  #isPrimary = false
  /** The thread is gone for good. */
  #isAlone = false
  #onDeath: LeadOptions['onDeath']
  #bindFailure: string | undefined

  constructor(options: LeaderOptions) {
    const { settings, metrics, onFault } = options
    this.#options = options
    this.page = new MountedPage({ doorway: this.#doorway, onFault })
    const push = pushSettings(settings, environment())
    const share = shareSettings(settings)
    const directory = directorySettings(settings)
    this.#lastPushMs = push ? exportTimeoutMs(environment()) : limits.lastPushMs
    this.#thread = startThread({
      file: join(import.meta.dirname, 'exporter-thread.cjs'),
      data: {
        settings: exporterSettings(settings),
        primaryPid: process.pid,
        startSeconds,
        push,
        share,
        directory,
      },
      onMessage: (message) => this.#hear(message),
      onCrash: (error, again) => this.#recover(error, again),
    })
    const send = (text: string): void => this.#tellReport(ownAge, text)
    this.#reporter = new Reporter({
      carrier: {
        send(text, done) {
          send(text)
          done()
        },
        sendLast(text) {
          send(text)
          return 'sent'
        },
      },
      source: () => this.#source(),
      collect: metrics.collect,
      collectNow: metrics.collectNow,
      onFault,
    })
    // Before what removes the last reports' directory.
    if (push || share || directory) process.on('exit', () => this.#pushLast())
  }

  get isPrimary(): boolean {
    return this.#isPrimary
  }

  /** The state of the sharing by Redis; undefined where nothing is shared, or the thread does not tell. */
  async forwarderStatus(): Promise<ForwarderStatus | undefined> {
    return await this.#forwarder.ask()
  }

  /** The next report of this process says everything, and who it is, again. */
  startOver(): void {
    this.#reporter.startOver()
  }

  /**
   * Follows the workers that this process forks from now on.
   * @returns how to tell what else happens to them.
   */
  lead(cluster: Cluster, { causeOf, onDeath }: LeadOptions = {}): Tell {
    if (hasSidecarVariable()) announceParent()
    this.#isPrimary = true
    this.#onDeath = onDeath
    this.startOver()
    this.#prepareLastReports()
    new ClusterCollector(cluster, {
      onEvent: (event) => this.#tellEvent(event),
      onWorker: (age, child) => this.#receiveFrom(age, child),
      onFault: this.#options.onFault,
      causeOf,
    })
    return (event) => this.#tellEvent(event)
  }

  countFault(part: string): void {
    this.#thread.post({ kind: 'fault', part })
  }

  #source(): Source {
    const role = this.#isPrimary && !this.#options.metrics.isCollecting ? 'primary' : 'single'
    const age = this.#isPrimary ? 0 : (this.#options.age ?? 1)
    return { role, age, startSeconds, pid: process.pid, ...this.#options.metrics.sdk }
  }

  #prepareLastReports(): void {
    const { multiprocDir, cleanupDbFiles } = this.#options.settings
    if (multiprocDir === undefined) return
    const reports = new LastReports(multiprocDir, process.pid)
    try {
      reports.prepare()
      if (!cleanupDbFiles) return
      process.on('exit', () => clearQuietly(reports))
      claimDirectory(multiprocDir, ownLife())
    } catch (error) {
      const reason = messageOf(error)
      log.warn(
        `should a worker be killed, its last second will be lost, and so will last reports that are too large for the IPC channel: ${reason}`,
      )
    }
  }

  #receiveFrom(age: number, child: ChildProcess): void {
    this.#children.set(age, { process: child, forkedAt: Date.now(), isListening: false })
    hearWorker(child, {
      onReport: (text) => this.#tellReport(age, text),
      onDoorQuestion: () => this.#askDoor(age),
    })
  }

  #askDoor(age: number): void {
    this.#doorAskers.add(age)
    this.#thread.post({ kind: 'open door' })
  }

  #tellDoor(door: Door): void {
    this.#doorway.open(door)
    for (const age of this.#doorAskers) {
      const child = this.#children.get(age)
      if (child) tellDoor(child.process, door)
    }
    this.#doorAskers.clear()
  }

  #tellReport(age: number, text: unknown): void {
    this.#thread.post({ kind: 'report', age, text })
  }

  #tellEvent(event: ClusterEvent): void {
    const child = event.kind === 'listening' ? this.#children.get(event.age) : undefined
    if (child) child.isListening = true
    if (event.kind === 'ended') {
      this.#children.delete(event.age)
      this.#doorAskers.delete(event.age)
    }
    log.debug(`event: ${JSON.stringify(event)}`)
    this.#thread.post({ kind: 'event', event })
  }

  #pushLast(): void {
    if (this.#isAlone) return
    try {
      this.#options.metrics.endOpenRequests()
      this.#reporter.flush()
      waitForLastPush({
        thread: this.#thread,
        workers: Array.from(this.#children, ([age, { process: child }]) => [age, child]),
        timeoutMs: this.#lastPushMs,
      })
    } catch {
      // The process ends, and with it whoever could be told.
    }
  }

  #hear(message: FromThread): void {
    if (message.kind === 'notice') tellChange(message.subject, message.text)
    if (message.kind === 'warning') log.warn(message.text)
    if (message.kind === 'bound') this.#tellBound(message.url)
    if (message.kind === 'bind failed') this.#tellBindFailure(message.message)
    if (message.kind === 'door') this.#tellDoor(message.door)
    if (message.kind === 'death') this.#tellDeath(message.death)
    if (message.kind === 'forwarder') this.#forwarder.answer(message.status)
    if (message.kind !== 'resync') return
    log.debug(`source ${message.age} is asked to report everything again`)
    const child = this.#children.get(message.age)
    if (child) requestResync(child.process)
    if (message.age === ownAge) this.startOver()
  }

  #tellBound(url: string): void {
    this.#bindFailure = undefined
    log.info(`the metrics are at ${url}`)
  }

  /** Every attempt fails alike: the first one is enough for the application's log, until one succeeds. */
  #tellBindFailure(reason: string): void {
    const text = `the metrics endpoint cannot listen, trying again: ${reason}`
    if (reason === this.#bindFailure) log.debug(text)
    else tellChange('bind', text)
    this.#bindFailure = reason
  }

  #tellDeath(death: Death): void {
    try {
      this.#onDeath?.(death)
    } catch {
      this.countFault('death')
    }
  }

  /** A new thread knows nothing: everybody says everything again. What ended workers left is lost. */
  #recover(error: Error | undefined, again: boolean): void {
    const reason = error?.message ?? 'no reason given'
    log.error(`the exporter thread ended (${reason}); ${again ? 'started again' : 'giving up'}`)
    this.#isAlone = !again
    if (!again) return
    this.countFault('thread')
    if (this.#doorAskers.size > 0) this.#thread.post({ kind: 'open door' })
    for (const [age, child] of this.#children) {
      const { process: known, forkedAt: at, isListening } = child
      this.#tellEvent({ kind: 'forked', age, at, pid: known.pid })
      if (isListening) this.#tellEvent({ kind: 'listening', age })
      requestResync(known)
    }
    this.startOver()
  }
}

function clearQuietly(reports: LastReports): void {
  try {
    reports.clear()
  } catch {
    // The process ends; an empty directory is left.
  }
}
