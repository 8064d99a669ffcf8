import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { CrashFiles } from '../crash-file/store.ts'
import type { DropReason } from '../endpoint/connections.ts'
import { EndpointMetrics } from '../endpoint/endpoint-metrics.ts'
import type { Readiness } from '../endpoint/routes.ts'
import { type Page, renderText, type TextFormat } from '../exposition/text.ts'
import { LabelTexts } from '../exposition/text-labels.ts'
import { ownScope } from '../model/catalog.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Metric } from '../model/metric.ts'
import { version } from '../model/version.ts'
import { toOtel } from '../otel/to-otel.ts'
import type { PushMetrics } from '../push/push-metrics.ts'
import { LastReports } from '../relay/last-report/last-report.ts'
import type { RedisShare } from '../share/redis-share.ts'
import { ClusterState, type ClusterStateOptions } from '../state/cluster-state.ts'
import type { ExporterSettings } from './exporter-settings.ts'

export interface ExporterOptions
  extends Pick<ClusterStateOptions, 'resync' | 'onDeath' | 'epochSeconds' | 'memoryEvents'> {
  readonly settings: Omit<ExporterSettings, 'endpoint' | 'isServed'>
  /** Pid of the process whose workers these are. */
  readonly primaryPid: number
  /** Undefined where nothing is pushed. */
  readonly push: PushMetrics | undefined
  /** Undefined where nothing is shared. */
  readonly share: RedisShare | undefined
}

/** The state of one primary or single process, its page, and what the exporter knows of itself. */
export class Exporter {
  readonly #push: PushMetrics | undefined
  readonly #share: RedisShare | undefined
  readonly #state: ClusterState
  readonly #labels = new LabelTexts()
  readonly #figures = new EndpointMetrics()

  constructor({ settings, primaryPid, push, share, ...options }: ExporterOptions) {
    const { multiprocDir: parent, cleanupDbFiles } = settings
    this.#push = push
    this.#share = share
    const files = parent !== undefined && {
      lastReports: new LastReports(parent, primaryPid),
      crashFiles: new CrashFiles({ parent, primaryPid, keepsFiles: !cleanupDbFiles }),
    }
    this.#state = new ClusterState({
      ...settings,
      ...options,
      ...(files || { lastReports: undefined, crashFiles: undefined }),
    })
  }

  report(forkNumber: number, text: unknown): void {
    this.#state.report(forkNumber, text)
  }

  apply(event: ClusterEvent): void {
    this.#state.apply(event)
  }

  countFault(part: string): void {
    this.#figures.countFault(part)
  }

  countScrape(status: number): void {
    this.#figures.countScrape(status)
  }

  countDroppedConnection(reason: DropReason): void {
    this.#figures.countDroppedConnection(reason)
  }

  /** @param expiresAt Unix milliseconds. */
  noteCertificate(expiresAt: number): void {
    this.#figures.noteCertificate(expiresAt)
  }

  page(format: TextFormat): Page {
    return this.#figures.measured(() => renderText(this.#shown(), format, this.#labels))
  }

  /** The own cluster's: what it tells others. */
  metrics(): Metric[] {
    const now = Date.now()
    const pushed = this.#push?.metrics(now) ?? []
    const shared = this.#share?.metrics() ?? []
    return [
      ...this.#state.metrics(now),
      ...this.#figures.metrics(this.#state.dropped),
      ...pushed,
      ...shared,
    ]
  }

  /** The page for those who read it elsewhere: no scrape. */
  snapshot(): string {
    return renderText(this.#shown(), 'prometheus', this.#labels).text
  }

  /** The own cluster's part of it as OTel data: without what the application's own SDKs push, lest a Collector count it twice. */
  collect(): ScopeMetrics[] {
    const all = this.metrics()
    const isOwn = ({ descriptor }: Metric): boolean => descriptor.scope === ownScope
    const metrics = this.#state.hasOwnSdks ? all.filter(isOwn) : all
    return toOtel(metrics, { now: Date.now(), startOf: this.#state.startOf() })
  }

  /** Takes the last reports that these workers have left in files. @returns the fork numbers of those that have not yet. */
  takeLastReports(forkNumbers: readonly number[]): number[] {
    return this.#state.takeLastReports(forkNumbers)
  }

  readiness(): Readiness {
    const { servesItself, listening, configured } = this.#state.workerCounts()
    if (servesItself) return { isReady: true, text: 'This process serves by itself.' }
    const workers = `${listening} of ${configured} workers`
    return listening > 0
      ? { isReady: true, text: `Listening: ${workers}.` }
      : { isReady: false, text: `No worker listens: ${workers}.` }
  }

  /** The live workers, the last deaths and the exporter's own figures, as JSON. @param connections open ones of the endpoint. */
  status(connections: number): string {
    const { deaths } = this.#state
    const workers = this.#state.workers()
    const uptimeSeconds = process.uptime()
    const exporter = this.#ownFigures(connections)
    return JSON.stringify({ version, uptimeSeconds, exporter, workers, deaths })
  }

  #ownFigures(connections: number): Readonly<Record<string, unknown>> {
    return {
      ...this.#figures.summary(this.#state.dropped, connections),
      reports: Object.fromEntries(this.#state.reports),
      series: this.#state.seriesCount,
      push: this.#push?.summary() ?? null,
      redis: this.#share?.status() ?? null,
    }
  }

  /** With those of other clusters, where they are shared. */
  #shown(): Metric[] {
    const own = this.metrics()
    return this.#share?.page(own) ?? own
  }
}
