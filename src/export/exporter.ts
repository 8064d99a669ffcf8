import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { catalog, type Declaration, descriptorOf, ownScope } from '../model/catalog.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Metric, Point } from '../model/metric.ts'
import { ClusterState, type ClusterStateOptions } from '../relay/cluster-state.ts'
import { CrashFiles } from '../relay/crash-files.ts'
import { LastReports } from '../relay/last-report.ts'
import { toOtel } from '../relay/to-otel.ts'
import type { Share } from '../share/share.ts'
import { version } from '../version.ts'
import type { DropReason } from './connections.ts'
import type { ExporterSettings } from './exporter-settings.ts'
import type { PushFigures } from './push-figures.ts'
import type { Readiness } from './routes.ts'
import { type Page, renderText, type TextFormat } from './text.ts'
import { LabelTexts } from './text-labels.ts'

export interface ExporterOptions
  extends Pick<ClusterStateOptions, 'resync' | 'onDeath' | 'epochSeconds' | 'memoryEvents'> {
  readonly settings: Omit<ExporterSettings, 'endpoint' | 'isServed'>
  /** Pid of the process whose workers these are. */
  readonly primaryPid: number
  /** Undefined where nothing is pushed. */
  readonly push: PushFigures | undefined
  /** Undefined where nothing is shared. */
  readonly share: Share | undefined
}

/** The state of one primary or single process, its page, and what the exporter knows of itself. */
export class Exporter {
  readonly #push: PushFigures | undefined
  readonly #share: Share | undefined
  readonly #state: ClusterState
  readonly #labels = new LabelTexts()
  readonly #scrapes = new Map<string, number>([['200', 0]])
  readonly #faults = new Map<string, number>()
  readonly #droppedConnections = new Map<DropReason, number>([
    ['evicted', 0],
    ['refused', 0],
  ])
  /** Unix milliseconds; undefined without TLS. */
  #certificateExpiresAt: number | undefined
  /** Bounded by the ledger's limit of metrics. */
  readonly #clashes = new Set<string>()
  /** The most that one page left out: the same ones are left out at every scrape. */
  #twins = 0
  #scrapeSeconds = 0

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

  report(age: number, text: unknown): void {
    this.#state.report(age, text)
  }

  apply(event: ClusterEvent): void {
    this.#state.apply(event)
  }

  /** Counts a fault on this side; those of sources come in their reports, under names of their own. */
  countFault(part: string): void {
    const name = `exporter ${part}`
    this.#faults.set(name, (this.#faults.get(name) ?? 0) + 1)
  }

  countScrape(status: number): void {
    const code = String(status)
    this.#scrapes.set(code, (this.#scrapes.get(code) ?? 0) + 1)
  }

  countDroppedConnection(reason: DropReason): void {
    this.#droppedConnections.set(reason, (this.#droppedConnections.get(reason) ?? 0) + 1)
  }

  /** @param expiresAt Unix milliseconds. */
  noteCertificate(expiresAt: number): void {
    this.#certificateExpiresAt = expiresAt
  }

  page(format: TextFormat): Page {
    const began = performance.now()
    const page = renderText(this.#shown(), format, this.#labels)
    for (const name of page.clashes) this.#clashes.add(name)
    this.#twins = Math.max(this.#twins, page.twins)
    this.#scrapeSeconds += (performance.now() - began) / 1_000
    return page
  }

  /** What this cluster tells others. */
  metrics(): Metric[] {
    return this.#metrics()
  }

  /** The page for those who read it elsewhere: no scrape. */
  snapshot(): string {
    return renderText(this.#shown(), 'prometheus', this.#labels).text
  }

  /** The own cluster's part of it as OTel data: without what the application's own SDKs push, lest a Collector count it twice. */
  collect(): ScopeMetrics[] {
    const all = this.#metrics()
    const isOwn = ({ descriptor }: Metric): boolean => descriptor.scope === ownScope
    const metrics = this.#state.hasOwnSdks ? all.filter(isOwn) : all
    return toOtel(metrics, { now: Date.now(), startOf: this.#state.startOf() })
  }

  /** Takes the last reports that these workers have left in files. @returns the ages of those that have not yet. */
  takeLastReports(ages: readonly number[]): number[] {
    return this.#state.takeLastReports(ages)
  }

  readiness(): Readiness {
    const { servesItself, listening, configured } = this.#state.attendance()
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
    const expiresAt = this.#certificateExpiresAt
    return {
      scrapes: Object.fromEntries(this.#scrapes),
      reports: Object.fromEntries(this.#state.reports),
      series: this.#state.seriesCount,
      droppedSeries: Object.fromEntries(this.#dropped()),
      faults: Object.fromEntries(this.#faults),
      connections,
      droppedConnections: Object.fromEntries(this.#droppedConnections),
      certificateExpiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
      push: this.#push?.summary() ?? null,
      redis: this.#share?.status() ?? null,
    }
  }

  #metrics(): Metric[] {
    const now = Date.now()
    const pushed = this.#push?.metrics(now) ?? []
    const shared = this.#share?.metrics() ?? []
    return [...this.#state.metrics(now), ...this.#ownMetrics(), ...pushed, ...shared]
  }

  /** With those of other clusters, where they are shared. */
  #shown(): Metric[] {
    const own = this.#metrics()
    return this.#share?.page(own) ?? own
  }

  /** Series left out, by limit. */
  #dropped(): ReadonlyMap<string, number> {
    return new Map([
      ...this.#state.dropped,
      ['name clash', this.#clashes.size],
      ['label clash', this.#twins],
    ])
  }

  #ownMetrics(): Metric[] {
    const expiresAt = this.#certificateExpiresAt
    return [
      metric(catalog.exporterScrapes, labelled(this.#scrapes, 'status_code')),
      metric(catalog.exporterScrapeSeconds, [point({}, this.#scrapeSeconds)]),
      metric(catalog.exporterDroppedSeries, labelled(this.#dropped(), 'limit')),
      metric(catalog.exporterFaults, labelled(this.#faults, 'part')),
      metric(catalog.exporterDroppedConnections, labelled(this.#droppedConnections, 'reason')),
      metric(
        catalog.exporterCertificateExpiry,
        expiresAt === undefined ? [] : [point({}, expiresAt / 1_000)],
      ),
    ]
  }
}

function metric(declaration: Declaration, points: Point[]): Metric {
  return { descriptor: descriptorOf(declaration), points }
}

function labelled(counts: ReadonlyMap<string, number>, label: string): Point[] {
  return Array.from(counts, ([name, value]) => point({ [label]: name }, value))
}

function point(attributes: Point['attributes'], value: number): Point {
  return { attributes, value }
}
