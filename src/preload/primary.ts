import type { Cluster } from 'node:cluster'
import { ClusterCollector } from '../collect/cluster/cluster.ts'
import { addToWorkers, type Variables } from '../collect/cluster/worker-variables.ts'
import { HandOvers } from '../collect/servers/hand-overs.ts'
import { announceParent, hasSidecarVariable } from '../config/preloaded-parent.ts'
import type { Settings } from '../config/settings.ts'
import { newBeatCounter, startBeats } from '../exporter/beat.ts'
import type { ControlView } from '../exporter/control-view.ts'
import { type ExporterThread, startThread } from '../exporter/thread.ts'
import type { FromThread, ToThread } from '../exporter/thread-message.ts'
import { ownProgram } from '../files/own-program.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { startOwnWatchdog } from '../hang-stacks/process-watchdog.ts'
import { exporterLimits } from '../limits/exporter.ts'
import { doctorHint } from '../log/doctor-hint.ts'
import { log, logChange } from '../log/log.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import { coded } from '../model/errors/coded-text.ts'
import { MountedPage } from '../mount/mounted-page.ts'
import { PageServerLocator } from '../mount/page-server-locator.ts'
import { singleSource } from '../relay/own-source.ts'
import { ownForkNumber } from '../relay/report.ts'
import type { ForwarderStatus } from '../share/sharing-status.ts'
import { guardedListener } from '../support/listeners/guarded-listener.ts'
import { BindLog } from './bind-log.ts'
import { ForkPreparation } from './fork-preparation.ts'
import type { ProcessMetrics } from './metrics/process-metrics.ts'
import { OwnReports } from './own-reports.ts'
import { LastPush } from './thread/final-push.ts'
import { HandOverSteps } from './thread/hand-over-steps.ts'
import { threadData } from './thread/thread-data.ts'
import { ThreadRequests } from './thread/thread-requests.ts'
import { threadTransport } from './thread/thread-transport.ts'
import type { EventSink, WorkerCallbacks } from './worker-callbacks.ts'
import { WorkerChannels } from './workers/worker-channels.ts'
import { WorkerNews } from './workers/worker-news.ts'

export interface PrimaryRuntimeOptions {
  readonly settings: Settings
  readonly metrics: ProcessMetrics
  readonly onFault: (component: string) => void
  /** The fork number of a cluster worker without a preloaded primary. Default: 1. */
  readonly forkNumber?: number | undefined
  /** The part of a master in upgrades. */
  readonly upgrades?: WorkerCallbacks['upgrades']
}

/** A process with an exporter thread: a primary with its workers, or a process alone. */
export class PrimaryRuntime {
  /** For request handlers of the application in this process. */
  readonly page: MountedPage
  readonly handOvers: HandOvers
  readonly #options: PrimaryRuntimeOptions
  readonly #thread: ExporterThread
  readonly #reports: OwnReports
  readonly #channels = new WorkerChannels((message) => this.#thread.post(message))
  readonly #locator = new PageServerLocator(this.#channels.askForOwn)
  readonly #requests = new ThreadRequests((message) => this.#thread.post(message))
  readonly #bindLog = new BindLog()
  /** The steps of a master's upgrade. */
  readonly handOver: HandOverSteps = new HandOverSteps(
    (message) => this.#thread.post(message),
    () => this.#lastPush.want(),
  )
  readonly #news = new WorkerNews((component) => this.countFault(component))
  readonly #beat = newBeatCounter()
  readonly #lastPush: LastPush
  readonly #forks: ForkPreparation
  #hasLostThread = false

  constructor(options: PrimaryRuntimeOptions) {
    const { settings, metrics, onFault } = options
    this.#options = options
    this.page = new MountedPage({ locator: this.#locator, onFault })
    this.handOvers = new HandOvers({ onChange: this.#channels.noteHandOvers, onFault })
    const post = (message: ToThread): void => this.#thread.post(message)
    this.#forks = new ForkPreparation({ settings, post, onFault })
    const data = threadData(settings, {
      workersDirectory: this.#forks.directory,
      own: singleSource(options.forkNumber),
      beat: this.#beat,
      predecessor: options.upgrades?.predecessor,
    })
    const { push, share, directory, sidecar, state, hangChannel } = data
    this.#thread = startThread({
      program: ownProgram('exporter-thread.cjs', import.meta.dirname),
      data,
      onMessage: (message) => this.#receive(message),
      onCrash: (error, again) => this.#recover(error, again),
      onFault: () => onFault('thread_message'),
    })
    this.#reports = new OwnReports({
      ...{ metrics, forkNumber: options.forkNumber, onFault },
      transport: threadTransport(post),
      onEvent: (event) => this.#channels.apply(event),
    })
    startBeats(this.#beat)
    startOwnWatchdog({ settings, destination: { kind: 'channel', name: hangChannel }, onFault })
    // Register the listener before `ForkPreparation` does, which removes the directory.
    this.#lastPush = new LastPush({
      thread: this.#thread,
      timeoutMs: push?.timeoutMs ?? exporterLimits.lastPushMs,
      warn: log.warn,
      workers: () => this.#channels.workers,
      handOverMs: () => this.handOver.lastMs,
      report: () => this.#reports.reportLast(),
    })
    const isShown = Boolean(push || share || directory || state)
    if (isShown) this.#lastPush.want()
    if (isShown || sidecar || options.upgrades) {
      guardedListener(onFault)(process, 'exit', () => this.pushLast())
    }
    if (data.predecessor) this.#lastPush.want()
  }

  /** Whether the thread has crashed too often to be started again. */
  get hasLostThread(): boolean {
    return this.#hasLostThread
  }

  /** The state of the sharing by Redis; `undefined` without sharing or without an answer. */
  async forwarderStatus(): Promise<ForwarderStatus | undefined> {
    return await this.#requests.forwarder.ask()
  }

  /** For the control socket of a master; `undefined` without an answer. */
  async controlView(): Promise<ControlView | undefined> {
    return this.#hasLostThread ? undefined : await this.#requests.view.ask()
  }

  /** The next report contains every series and the identity of this process again. */
  resetBaseline(): void {
    this.#reports.repeatAll()
  }

  /** The directory for the files of workers. */
  get workersDirectory(): WorkersDirectory | undefined {
    return this.#forks.directory
  }

  /** Prepares files and memory of a worker. @returns the variables for the worker. */
  prepareFork(forkNumber: number): Variables {
    return this.#forks.prepare(forkNumber)
  }

  /** The system has not started the worker. */
  forgetFork(forkNumber: number): void {
    this.#forks.memories.release(forkNumber)
  }

  /**
   * Follows the workers that this process forks from now on.
   *
   * @returns a function for further events.
   */
  startWorkers(cluster: Cluster, { causeOf, ...callbacks }: WorkerCallbacks = {}): EventSink {
    if (hasSidecarVariable()) announceParent()
    this.#news.use({ ...callbacks, onLostCounts: this.#forks.files.tellLoss })
    this.#bindLog.use(callbacks.onEndpoint)
    this.#reports.startWorkers()
    const isLate = !this.#forks.hasPrepared
    // A process that preloads this package has prepared the files before its first fork.
    this.#forks.prepareFiles()
    addToWorkers(
      (forkNumber) => this.prepareFork(forkNumber),
      () => this.#options.onFault('worker_variables'),
      (forkNumber) => this.forgetFork(forkNumber),
    )
    new ClusterCollector(cluster, {
      onEvent: (event) => this.#applyOfWorker(event),
      onWorker: (forkNumber, child) => this.#channels.add(forkNumber, child),
      onFault: this.#options.onFault,
      causeOf,
    })
    // Workers from before the preload learn that this process reads their reports.
    if (isLate) this.#channels.requestResyncs()
    return (event) => this.#channels.apply(event)
  }

  /**
   * Calls back once: when a client has got the page, or at once if nobody scrapes. After a crash of
   * the exporter thread, there may be no call.
   */
  awaitScrape(done: () => void): void {
    if (this.#hasLostThread) done()
    else this.#requests.awaitScrape(done)
  }

  /** Takes a signal of a process, also of a process without workers. */
  readonly apply: EventSink = (event) => this.#channels.apply(event)

  countFault(component: string): void {
    this.#thread.post({ kind: 'fault', part: component })
  }

  /** Call this method in `'exit'`. */
  pushLast(): void {
    if (!this.#hasLostThread) this.#lastPush.push()
  }

  #receive(message: FromThread): void {
    if (message.kind === 'notice') logChange(message.subject, message.text)
    if (message.kind === 'warning') log.warn(message.text)
    if (message.kind === 'sidecar found') this.#lastPush.want()
    if (message.kind === 'memory released') this.#forks.memories.release(message.forkNumber)
    if (message.kind === 'bound') this.#bindLog.bound(message.url)
    if (message.kind === 'bind failed') this.#bindLog.failed(message.message, message.code)
    if (message.kind === 'hand-over offer') this.handOver.answer(message.offer)
    this.#news.tell(message)
    this.#requests.receive(message)
    if (message.kind === 'resync') this.#resync(message.forkNumber)
    if (message.kind !== 'page server') return
    this.#locator.open(message.address)
    this.#channels.sendPageServer(message.address)
  }

  #applyOfWorker(event: ClusterEvent): void {
    if (event.kind === 'forked') this.#forks.memories.forked(event.forkNumber)
    this.#channels.apply(event)
    if (event.kind === 'ended') this.#forks.memories.ended(event.forkNumber, !this.#hasLostThread)
  }

  #resync(forkNumber: number): void {
    log.debug(`source ${forkNumber} is asked to report everything again`)
    this.#channels.requestResync(forkNumber)
    if (forkNumber === ownForkNumber) this.resetBaseline()
  }

  /**
   * A new thread starts empty: every process reports every series again. The counts of ended
   * workers are lost.
   */
  #recover(error: Error | undefined, again: boolean): void {
    const reason = error?.message ?? 'no reason given'
    const next = again ? 'started again' : `giving up.${doctorHint()}`
    log.error(coded('GPE_EXPORTER_THREAD', `the exporter thread ended (${reason}); ${next}`))
    this.#hasLostThread = !again
    if (!again) {
      this.#forks.memories.releaseEnded()
      return
    }
    this.countFault('thread')
    this.#forks.memories.replay()
    this.#channels.replay()
    this.#reports.startOver()
  }
}
