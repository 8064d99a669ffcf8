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
import { LastReports } from '../relay/last-report/last-report.ts'
import { recordOwner } from '../relay/last-report/leftovers.ts'
import type { Source } from '../relay/report.ts'
import { Reporter, type Transport } from '../relay/reporter.ts'
import { directorySettings } from '../share/directory/shared-directory.ts'
import { redisSettings } from '../share/redis/redis-settings.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { messageOf } from '../support/error-message.ts'
import { ownProcessIdentity, startSeconds } from '../support/process-identity.ts'
import { waitForFinalPush } from './final-push.ts'
import { ForwarderQuestion } from './forwarder-question.ts'
import type { ProcessMetrics } from './process-metrics.ts'
import { WorkerChannels } from './worker-channels.ts'

/** What a master adds to the events of its workers. */
export interface WorkerCallbacks {
  /** The reason why the master ended a worker; `undefined` if the master did not end the worker. */
  readonly causeOf?: ((forkNumber: number) => WorkerCause | undefined) | undefined
  /** Called once for every ended worker. */
  readonly onDeath?: ((death: Death) => void) | undefined
}

/** Takes a signal that the process received, or the number of workers that a master wants. */
export type EventSink = (event: Extract<ClusterEvent, { kind: 'signal' | 'wanted' }>) => void

export interface PrimaryRuntimeOptions {
  readonly settings: Settings
  readonly metrics: ProcessMetrics
  readonly onFault: (component: string) => void
  /** The fork number of a cluster worker without a preloaded primary. Default: 1, a process alone. */
  readonly forkNumber?: number
}

/** A process with an exporter thread: a primary with its workers, or a process alone. */
export class PrimaryRuntime {
  /** For request handlers of the application in this process. */
  readonly page: MountedPage
  readonly #options: PrimaryRuntimeOptions
  readonly #thread: ExporterThread
  readonly #reporter: Reporter
  readonly #channels = new WorkerChannels((message) => this.#thread.post(message))
  readonly #locator = new PageServerLocator(this.#channels.askForOwn)
  readonly #forwarder = new ForwarderQuestion(() => this.#thread.post({ kind: 'forwarder' }))
  /** How long the last push may take, milliseconds. */
  readonly #lastPushMs: number
  #hasWorkers = false
  /** Whether the thread has crashed too often to be started again. */
  #hasLostThread = false
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
      onMessage: (message) => this.#receive(message),
      onCrash: (error, again) => this.#recover(error, again),
    })
    this.#reporter = new Reporter({
      transport: this.#transport(),
      source: () => this.#source(),
      collect: metrics.collect,
      collectNow: metrics.collectNow,
      onFault,
    })
    // Register this listener before the listener that removes the directory of the last reports.
    if (push || share || directory) process.on('exit', () => this.#pushLast())
  }

  /** The state of the sharing by Redis; `undefined` if nothing is shared or the thread does not answer. */
  async forwarderStatus(): Promise<ForwarderStatus | undefined> {
    return await this.#forwarder.ask()
  }

  /** The next report of this process contains every series and its identity again. */
  resetBaseline(): void {
    this.#reporter.resetBaseline()
  }

  /**
   * Follows the workers that this process forks from now on.
   *
   * @returns a function that takes further events.
   */
  startWorkers(cluster: Cluster, { causeOf, onDeath }: WorkerCallbacks = {}): EventSink {
    if (hasSidecarVariable()) announceParent()
    this.#hasWorkers = true
    this.#onDeath = onDeath
    this.resetBaseline()
    this.#prepareLastReports()
    new ClusterCollector(cluster, {
      onEvent: (event) => this.#channels.apply(event),
      onWorker: (forkNumber, child) => this.#channels.add(forkNumber, child),
      onFault: this.#options.onFault,
      causeOf,
    })
    return (event) => this.#channels.apply(event)
  }

  countFault(component: string): void {
    this.#thread.post({ kind: 'fault', part: component })
  }

  /** The exporter thread belongs to this process, so a report needs no channel and no acknowledgement. */
  #transport(): Transport {
    const post = (text: string): void => {
      this.#thread.post({ kind: 'report', forkNumber: ownForkNumber, text })
    }
    return {
      send(text, done) {
        post(text)
        done()
      },
      sendLast(text) {
        post(text)
        return 'sent'
      },
    }
  }

  #source(): Source {
    const role = this.#hasWorkers && !this.#options.metrics.isCollecting ? 'primary' : 'single'
    const forkNumber = this.#hasWorkers ? 0 : (this.#options.forkNumber ?? 1)
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
      recordOwner(multiprocDir, ownProcessIdentity())
    } catch (error) {
      log.warn(
        `a killed worker loses its last second, and a last report that is too large for the IPC ` +
          `channel is lost: ${messageOf(error)}`,
      )
    }
  }

  #pushLast(): void {
    if (this.#hasLostThread) return
    try {
      this.#options.metrics.endOpenRequests()
      this.#reporter.flush()
      waitForFinalPush({
        thread: this.#thread,
        workers: this.#channels.processes,
        timeoutMs: this.#lastPushMs,
      })
    } catch {
      // The process ends: no log and no metric could show the fault.
    }
  }

  #receive(message: FromThread): void {
    if (message.kind === 'notice') logChange(message.subject, message.text)
    if (message.kind === 'warning') log.warn(message.text)
    if (message.kind === 'bound') this.#logBound(message.url)
    if (message.kind === 'bind failed') this.#logBindFailure(message.message)
    if (message.kind === 'page server') {
      this.#locator.open(message.address)
      this.#channels.sendPageServer(message.address)
    }
    if (message.kind === 'death') this.#reportDeath(message.death)
    if (message.kind === 'forwarder') this.#forwarder.answer(message.status)
    if (message.kind !== 'resync') return
    log.debug(`source ${message.forkNumber} is asked to report everything again`)
    this.#channels.requestResync(message.forkNumber)
    if (message.forkNumber === ownForkNumber) this.resetBaseline()
  }

  #logBound(url: string): void {
    this.#bindFailure = undefined
    log.info(`the metrics are at ${url}`)
  }

  /** Every attempt fails in the same way. The log gets the first failure, until an attempt succeeds. */
  #logBindFailure(reason: string): void {
    const text = `the metrics endpoint cannot listen, trying again: ${reason}`
    if (reason === this.#bindFailure) log.debug(text)
    else logChange('bind', text)
    this.#bindFailure = reason
  }

  #reportDeath(death: Death): void {
    try {
      this.#onDeath?.(death)
    } catch {
      this.countFault('death')
    }
  }

  /** A new thread starts empty: every process reports every series again. Counts of ended workers are lost. */
  #recover(error: Error | undefined, again: boolean): void {
    const reason = error?.message ?? 'no reason given'
    log.error(`the exporter thread ended (${reason}); ${again ? 'started again' : 'giving up'}`)
    this.#hasLostThread = !again
    if (!again) return
    this.countFault('thread')
    this.#channels.replay()
    this.resetBaseline()
  }
}

function clearQuietly(reports: LastReports): void {
  try {
    reports.clear()
  } catch {
    // The process ends. An empty directory stays.
  }
}
