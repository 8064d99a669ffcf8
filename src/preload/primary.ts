import type { ChildProcess } from 'node:child_process'
import type { Cluster } from 'node:cluster'
import { join } from 'node:path'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { environment } from '../config/environment.ts'
import { announceParent, hasSidecarVariable } from '../config/preloaded-parent.ts'
import type { Settings } from '../config/settings.ts'
import { exporterSettings } from '../exporter/exporter-settings.ts'
import { type ExporterThread, startThread } from '../exporter/thread.ts'
import { type FromThread, ownForkNumber } from '../exporter/thread-message.ts'
import { exporterLimits } from '../limits/exporter.ts'
import { log, logChange } from '../log/log.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { WorkerCause } from '../model/worker-cause.ts'
import { MountedPage } from '../mount/mounted-page.ts'
import { PageServerLocator } from '../mount/page-server-locator.ts'
import { exportTimeoutMs, pushSettings } from '../push/push-settings.ts'
import { listenToWorker, requestResync, sendPageServer } from '../relay/ipc.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { claimDirectory } from '../relay/last-report/leftovers.ts'
import type { PageServerAddress } from '../relay/page-server-address.ts'
import type { Source } from '../relay/report.ts'
import { Reporter } from '../relay/reporter.ts'
import { directorySettings } from '../share/directory/shared-directory.ts'
import { redisSettings } from '../share/redis/redis-settings.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { messageOf } from '../support/error-message.ts'
import { ownProcessIdentity, startSeconds } from '../support/process-identity.ts'
import { waitForFinalPush } from './final-push.ts'
import { ForwarderQuestion } from './forwarder-question.ts'
import type { ProcessMetrics } from './process-metrics.ts'

interface Child {
  readonly process: ChildProcess
  /** Unix milliseconds. */
  readonly forkedAt: number
  isListening: boolean
}

export interface WorkerCallbacks {
  /** Why a master ended the worker of this fork number. */
  readonly causeOf?: ((forkNumber: number) => WorkerCause | undefined) | undefined
  /** Called once for every worker that ended. */
  readonly onDeath?: ((death: Death) => void) | undefined
}

/** Tells a signal that the process received, or how many workers a master wants. */
export type EventSink = (event: Extract<ClusterEvent, { kind: 'signal' | 'wanted' }>) => void

export interface PrimaryRuntimeOptions {
  readonly settings: Settings
  readonly metrics: ProcessMetrics
  readonly onFault: (part: string) => void
  /** Of a cluster worker that no preloaded primary has forked; undefined = 1, a process alone. */
  readonly forkNumber?: number
}

/** The process that has the exporter thread: a primary with its workers, or a process alone. */
export class PrimaryRuntime {
  /** For handlers of the application's in this very process. */
  readonly page: MountedPage
  readonly #options: PrimaryRuntimeOptions
  readonly #thread: ExporterThread
  readonly #reporter: Reporter
  /** The live workers by fork number. */
  readonly #children = new Map<number, Child>()
  readonly #locator: PageServerLocator = new PageServerLocator(() =>
    this.#askPageServer(ownForkNumber),
  )
  /** Who waits for the page server: this process, live workers. */
  readonly #pageServerAskers = new Set<number>()
  readonly #forwarder = new ForwarderQuestion(() => this.#thread.post({ kind: 'forwarder' }))
  /** How long the last push may take, milliseconds. */
  readonly #lastPushMs: number
  #isPrimary = false
  /** The thread is gone for good. */
  #isAlone = false
  #onDeath: WorkerCallbacks['onDeath']
  #bindFailure: string | undefined

  constructor(options: PrimaryRuntimeOptions) {
    const { settings, metrics, onFault } = options
    this.#options = options
    this.page = new MountedPage({ locator: this.#locator, onFault })
    const push = pushSettings(settings, environment())
    const share = redisSettings(settings)
    const directory = directorySettings(settings)
    this.#lastPushMs = push ? exportTimeoutMs(environment()) : exporterLimits.lastPushMs
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
    const send = (text: string): void => this.#tellReport(ownForkNumber, text)
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
  resetBaseline(): void {
    this.#reporter.resetBaseline()
  }

  /**
   * Follows the workers that this process forks from now on.
   * @returns how to tell what else happens to them.
   */
  startWorkers(cluster: Cluster, { causeOf, onDeath }: WorkerCallbacks = {}): EventSink {
    if (hasSidecarVariable()) announceParent()
    this.#isPrimary = true
    this.#onDeath = onDeath
    this.resetBaseline()
    this.#prepareLastReports()
    new ClusterCollector(cluster, {
      onEvent: (event) => this.#tellEvent(event),
      onWorker: (forkNumber, child) => this.#receiveFrom(forkNumber, child),
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
    const forkNumber = this.#isPrimary ? 0 : (this.#options.forkNumber ?? 1)
    return { role, forkNumber, startSeconds, pid: process.pid, ...this.#options.metrics.sdk }
  }

  #prepareLastReports(): void {
    const { multiprocDir, cleanupDbFiles } = this.#options.settings
    if (multiprocDir === undefined) return
    const reports = new LastReports(multiprocDir, process.pid)
    try {
      reports.prepare()
      if (!cleanupDbFiles) return
      process.on('exit', () => clearQuietly(reports))
      claimDirectory(multiprocDir, ownProcessIdentity())
    } catch (error) {
      const reason = messageOf(error)
      log.warn(
        `should a worker be killed, its last second will be lost, and so will last reports that are too large for the IPC channel: ${reason}`,
      )
    }
  }

  #receiveFrom(forkNumber: number, child: ChildProcess): void {
    this.#children.set(forkNumber, { process: child, forkedAt: Date.now(), isListening: false })
    listenToWorker(child, {
      onReport: (text) => this.#tellReport(forkNumber, text),
      onPageServerQuestion: () => this.#askPageServer(forkNumber),
    })
  }

  #askPageServer(forkNumber: number): void {
    this.#pageServerAskers.add(forkNumber)
    this.#thread.post({ kind: 'open page server' })
  }

  #sendPageServer(address: PageServerAddress): void {
    this.#locator.open(address)
    for (const forkNumber of this.#pageServerAskers) {
      const child = this.#children.get(forkNumber)
      if (child) sendPageServer(child.process, address)
    }
    this.#pageServerAskers.clear()
  }

  #tellReport(forkNumber: number, text: unknown): void {
    this.#thread.post({ kind: 'report', forkNumber, text })
  }

  #tellEvent(event: ClusterEvent): void {
    const child = event.kind === 'listening' ? this.#children.get(event.forkNumber) : undefined
    if (child) child.isListening = true
    if (event.kind === 'ended') {
      this.#children.delete(event.forkNumber)
      this.#pageServerAskers.delete(event.forkNumber)
    }
    log.debug(`event: ${JSON.stringify(event)}`)
    this.#thread.post({ kind: 'event', event })
  }

  #pushLast(): void {
    if (this.#isAlone) return
    try {
      this.#options.metrics.endOpenRequests()
      this.#reporter.flush()
      waitForFinalPush({
        thread: this.#thread,
        workers: Array.from(this.#children, ([forkNumber, { process: child }]) => [
          forkNumber,
          child,
        ]),
        timeoutMs: this.#lastPushMs,
      })
    } catch {
      // The process ends, and with it whoever could be told.
    }
  }

  #hear(message: FromThread): void {
    if (message.kind === 'notice') logChange(message.subject, message.text)
    if (message.kind === 'warning') log.warn(message.text)
    if (message.kind === 'bound') this.#tellBound(message.url)
    if (message.kind === 'bind failed') this.#tellBindFailure(message.message)
    if (message.kind === 'page server') this.#sendPageServer(message.address)
    if (message.kind === 'death') this.#tellDeath(message.death)
    if (message.kind === 'forwarder') this.#forwarder.answer(message.status)
    if (message.kind !== 'resync') return
    log.debug(`source ${message.forkNumber} is asked to report everything again`)
    const child = this.#children.get(message.forkNumber)
    if (child) requestResync(child.process)
    if (message.forkNumber === ownForkNumber) this.resetBaseline()
  }

  #tellBound(url: string): void {
    this.#bindFailure = undefined
    log.info(`the metrics are at ${url}`)
  }

  /** Every attempt fails alike: the first one is enough for the application's log, until one succeeds. */
  #tellBindFailure(reason: string): void {
    const text = `the metrics endpoint cannot listen, trying again: ${reason}`
    if (reason === this.#bindFailure) log.debug(text)
    else logChange('bind', text)
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
    if (this.#pageServerAskers.size > 0) this.#thread.post({ kind: 'open page server' })
    for (const [forkNumber, child] of this.#children) {
      const { process: known, forkedAt: at, isListening } = child
      this.#tellEvent({ kind: 'forked', forkNumber, at, pid: known.pid })
      if (isListening) this.#tellEvent({ kind: 'listening', forkNumber })
      requestResync(known)
    }
    this.resetBaseline()
  }
}

function clearQuietly(reports: LastReports): void {
  try {
    reports.clear()
  } catch {
    // The process ends; an empty directory is left.
  }
}
