import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { type MemoryNews, WorkerMemories } from '../crash-file/memory/worker-memories.ts'
import { CrashFiles } from '../crash-file/store.ts'
import type { Details } from '../endpoint/details.ts'
import { EndpointMetrics } from '../endpoint/endpoint-metrics.ts'
import type { Readiness } from '../endpoint/routes.ts'
import { type Page, partsOf } from '../exposition/page.ts'
import { PageRenderer } from '../exposition/page-renderer.ts'
import type { TextFormat } from '../exposition/text-format.ts'
import { HangFiles } from '../hang-stacks/hang-files.ts'
import { clusterSource } from '../live/cluster-source.ts'
import type { LiveSource } from '../live/live-source.ts'
import { targetInfo } from '../model/catalog/target-info.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Attributes, Metric } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { type Body, bodyOf } from '../model/page/body.ts'
import { type InParts, whole } from '../model/page/in-parts.ts'
import { keptMetrics } from '../model/series-block.ts'
import { printableJson } from '../model/text/printable.ts'
import { version } from '../model/version.ts'
import { sdkVersion } from '../otel/bundled/sdk-version.ts'
import { toOtel } from '../otel/to-otel.ts'
import type { PushMetrics } from '../push/push-metrics.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import { ownForkNumber } from '../relay/report.ts'
import type { RedisShare } from '../share/redis-share.ts'
import { ClusterState } from '../state/cluster-state.ts'
import type { ClusterStateOptions } from '../state/cluster-state-options.ts'
import type { HangsOptions } from '../state/hangs.ts'
import { standstillOf } from '../state/workers/silence.ts'
import type { CgroupMemory } from '../support/process/cgroup.ts'
import { cgroupMetrics } from './cgroup-metrics.ts'
import type { ExporterSettings } from './exporter-settings.ts'
import { readinessOf } from './readiness.ts'
import { shownCounts } from './shown/shown-counts.ts'
import { shownDeath } from './shown/shown-death.ts'
import { withShownError } from './shown/shown-error.ts'
import { shownHang } from './shown/shown-hang.ts'

export interface ExporterOptions
  extends Pick<
    ClusterStateOptions,
    | 'resync'
    | 'onDeath'
    | 'onLostCounts'
    | 'onReservedName'
    | 'epochSeconds'
    | 'oomCounterFile'
    | 'beat'
    | 'own'
    | 'now'
  > {
  readonly settings: Omit<ExporterSettings, 'endpoint' | 'isServed' | 'hasLivePage' | 'log'>
  /** Reads the memory of the cgroup. Default: of this process. */
  readonly cgroupMemory?: (() => CgroupMemory | undefined) | undefined
  /** Called once for each stall of an event loop with a stack. */
  readonly onHang?: HangsOptions['onHang']
  /** Called when the memory of an ended worker is not needed any more. */
  readonly onMemoryRelease?: ((forkNumber: number) => void) | undefined
  /** Called once with the name of each metric that a page leaves out for the name. */
  readonly onNameClash?: ((name: string) => void) | undefined
  /** Called with the names of families that a page leaves out for its size. */
  readonly onShed?: ((names: readonly string[]) => void) | undefined
  /** Undefined without a push. */
  readonly push: PushMetrics | undefined
  /** Undefined without Redis. */
  readonly share: RedisShare | undefined
  /** Adds the metrics of earlier and other masters to the page. */
  readonly continued?: ((own: readonly Metric[]) => Metric[]) | undefined
}

/** Totals and workers of a primary or single process, rendered as the page and the status. */
export class Exporter {
  readonly endpointMetrics: EndpointMetrics
  readonly #push: PushMetrics | undefined
  readonly #share: RedisShare | undefined
  readonly #continued: (own: Metric[]) => Metric[]
  readonly #state: ClusterState
  readonly #pages: PageRenderer
  readonly #cgroupMetrics: () => Metric[]
  readonly #target: Metric
  readonly #memories: WorkerMemories

  constructor({
    settings,
    push,
    share,
    onHang = () => {},
    onMemoryRelease = () => {},
    continued = (own) => [...own],
    onNameClash,
    onShed,
    ...options
  }: ExporterOptions) {
    const { workersDirectory: directory, cleanupDbFiles, takesStacks } = settings
    const { memoryRefusal: refusal } = settings
    this.endpointMetrics = new EndpointMetrics({ onClash: onNameClash, onShed })
    this.#push = push
    this.#share = share
    this.#continued = continued
    this.#pages = new PageRenderer(settings.page)
    this.#cgroupMetrics = cgroupMetrics({ read: options.cgroupMemory })
    this.#target = targetInfo({ ...settings.resource, 'telemetry.sdk.version': sdkVersion })
    this.#memories = new WorkerMemories({
      files: directory && new CrashFiles({ directory, keepsFiles: !cleanupDbFiles }),
      refusal,
      onRelease: onMemoryRelease,
    })
    const files = directory && {
      lastReports: new LastReports(directory),
      crashFiles: this.#memories,
    }
    this.#state = new ClusterState({
      ...settings,
      ...options,
      ...(files || { lastReports: undefined, crashFiles: undefined }),
      countsPlaceOf: (forkNumber) => this.#memories.placeOf(forkNumber),
      hangs: {
        files: takesStacks && directory ? new HangFiles(directory) : undefined,
        onHang,
      },
    })
  }

  report(forkNumber: number, text: unknown): void {
    this.#state.report(forkNumber, text)
  }

  apply(event: ClusterEvent): void {
    this.#state.apply(event)
  }

  /** Takes note of the memory in which a worker keeps its counts. */
  noteMemory(news: MemoryNews): void {
    this.#memories.note(news)
  }

  /** Looks for the stacks of workers that are silent. */
  lookForHangs(): void {
    this.#state.lookForHangs()
  }

  /** Takes the stack of this process's own main thread from its watchdog. */
  receiveHang(text: unknown): void {
    this.#state.hangs.receive(text)
  }

  countFault(part: string): void {
    this.endpointMetrics.countFault(part)
  }

  page(format: TextFormat): InParts<Page> {
    return this.endpointMetrics.measureRender(() => this.#pages.render(this.#pageMetrics(), format))
  }

  /** Metrics of this cluster only, as other processes show them, for readers that keep them. */
  shared(): Metric[] {
    return keptMetrics([...this.#metrics(), this.#target])
  }

  /** The cluster for the live page. Its requests do not count as scrapes. */
  liveSource(resource: Attributes): LiveSource {
    return clusterSource({
      state: this.#state,
      resource,
      counts: (connections, details) => this.#ownCounts(connections, details),
      ownMetrics: () => [...this.#state.ownMetrics(), ...this.#exporterMetrics(), this.#target],
      nameOf: (descriptor) => this.#pages.nameOf(descriptor),
      lines: (name) => this.#pages.lines(this.#pageMetrics(), name),
    })
  }

  #metrics(): Metric[] {
    return [...this.#state.metrics(), ...this.#exporterMetrics()]
  }

  #exporterMetrics(): Metric[] {
    const pushed = this.#push?.metrics() ?? []
    const shared = this.#share?.metrics() ?? []
    const own = this.endpointMetrics.metrics(this.#state.dropped)
    return [...own, ...this.#cgroupMetrics(), ...pushed, ...shared]
  }

  /** The page for readers of shared storage. The page does not count as a scrape. */
  snapshot(): Body {
    return bodyOf(partsOf(whole(this.#pages.render(this.#pageMetrics(), 'prometheus'))))
  }

  /**
   * Metrics of this cluster as OTel data. Metrics of the application are left out when an OTel SDK
   * of the application pushes the same metrics: a Collector would count both.
   */
  collect(): ScopeMetrics[] {
    const all = this.#metrics()
    const isOwn = ({ descriptor }: Metric): boolean => descriptor.scope === ownScope
    const metrics = this.#state.hasOwnSdks ? all.filter(isOwn) : all
    // Unix time, because the times of OTel data are Unix times.
    return toOtel(metrics, { now: Date.now(), startOf: this.#state.startOf() })
  }

  /** Reads the last report of a worker from its file. `none`: workers leave no files. */
  takeLastReport(forkNumber: number): 'taken' | 'missing' | 'unreadable' | 'none' {
    return this.#state.takeLastReport(forkNumber)
  }

  /** Reads the crash file of a worker. */
  recoverCounts(forkNumber: number): void {
    this.#state.recoverCounts(forkNumber)
  }

  readiness(): Readiness {
    return readinessOf(this.#state.workerCounts(), this.#state.primaryHangs)
  }

  /** Looks for workers that do not report. */
  checkSilence(): void {
    this.#state.checkSilence()
  }

  /**
   * The live workers, the last deaths and the exporter's own counts, as JSON.
   * @param connections open connections of the endpoint.
   * @param details whether the document has messages and stacks of errors, and paths of files.
   */
  status(connections: number, details: Details): string {
    const deaths = this.#state.deaths.map((death) => shownDeath(death, details))
    const workers = this.#state.workers().map(({ hang, counts, ...worker }) => ({
      ...worker,
      hang: shownHang(hang, details),
      counts: shownCounts(counts, details),
    }))
    const stack = this.#state.hangs.of(ownForkNumber)
    const hang = shownHang(standstillOf(undefined, null, stack), details)
    const uptimeSeconds = process.uptime()
    const exporter = this.#ownCounts(connections, details)
    const status = { version, uptimeSeconds, exporter, hang, workers, deaths }
    return printableJson(JSON.stringify(status))
  }

  #ownCounts(connections: number, details: Details): Readonly<Record<string, unknown>> {
    const own = this.endpointMetrics.summary(this.#state.dropped, connections)
    return {
      ...own,
      faults: { ...this.#state.reportedFaults, ...own.faults },
      reports: Object.fromEntries(this.#state.reports),
      series: this.#state.seriesCount,
      push: withShownError(this.#push?.summary(), details),
      redis: withShownError(this.#share?.status(), details),
    }
  }

  /** Metrics of this cluster and, with Redis, of other clusters. */
  #pageMetrics(): Metric[] {
    const own = [...this.#metrics(), this.#target]
    return this.#share?.page(own) ?? this.#continued(own)
  }
}
