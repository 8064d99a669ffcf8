import type { ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { catalog, type Declaration, descriptorOf } from '../model/catalog.ts'
import type { ClusterEvent } from '../model/cluster-event.ts'
import type { Death } from '../model/death.ts'
import type { Metric, Point } from '../model/metric.ts'
import { Deaths, deathOf } from '../relay/deaths.ts'
import { figuresOf } from '../relay/figures.ts'
import { LastReports } from '../relay/last-report.ts'
import { Ledger } from '../relay/ledger.ts'
import { OomKills } from '../relay/oom-kills.ts'
import { Roster } from '../relay/roster.ts'
import { startTimes } from '../relay/start-times.ts'
import { toOtel } from '../relay/to-otel.ts'
import { version } from '../version.ts'
import type { DropReason } from './connections.ts'
import type { ExporterSettings } from './exporter-settings.ts'
import type { PushFigures } from './push-figures.ts'
import type { Readiness } from './routes.ts'
import { type Page, renderText, type TextFormat } from './text.ts'
import { LabelTexts } from './text-labels.ts'

export interface ExporterOptions {
  readonly settings: Omit<ExporterSettings, 'endpoint' | 'isServed'>
  /** Pid of the process whose workers these are. */
  readonly primaryPid: number
  /** Asks the source of this age to say everything again. */
  readonly resync: (age: number) => void
  /** Called once for every worker that ended. */
  readonly onDeath: (death: Death) => void
  /** Unix second since which totals are kept. */
  readonly epochSeconds: number
  /** Undefined where nothing is pushed. */
  readonly push: PushFigures | undefined
  /** Path of our cgroup's `memory.events`; undefined where there is none. */
  readonly memoryEvents: string | undefined
}

type Ended = Extract<ClusterEvent, { kind: 'ended' }>

/** Ledger, roster and page of one primary or single process, and what the exporter knows of itself. */
export class Exporter {
  readonly #options: ExporterOptions
  readonly #roster: Roster
  readonly #ledger: Ledger
  readonly #lastReports: LastReports | undefined
  readonly #deaths = new Deaths()
  readonly #oomKills: OomKills
  readonly #labels = new LabelTexts()
  readonly #scrapes = new Map<string, number>([['200', 0]])
  readonly #reports = new Map<string, number>([['accepted', 0]])
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
  #reportChars = 0

  constructor(options: ExporterOptions) {
    this.#options = options
    const { usesSlots, keepWorkerId, multiprocDir, maxSeries } = options.settings
    this.#oomKills = new OomKills(options.memoryEvents)
    this.#lastReports =
      multiprocDir === undefined ? undefined : new LastReports(multiprocDir, options.primaryPid)
    this.#roster = new Roster({ slots: usesSlots })
    this.#ledger = new Ledger({
      workerIdOf: (source) => {
        this.#roster.reported(source, Date.now())
        return this.#roster.workerIdOf(source)
      },
      mergesNothing: keepWorkerId,
      reusesIds: usesSlots,
      maxSeries,
    })
  }

  report(age: number, text: unknown): void {
    const outcome = this.#ledger.report(age, text)
    this.#reports.set(outcome, (this.#reports.get(outcome) ?? 0) + 1)
    if (typeof text === 'string') this.#reportChars += text.length
    if (outcome === 'out of sequence') this.#options.resync(age)
    const source = this.#ledger.identityOf(age)
    if (outcome === 'accepted' && source) this.#roster.reported(source, Date.now())
  }

  apply(event: ClusterEvent): void {
    if (event.kind === 'ended') this.#retire(this.#explained(event))
    else this.#roster.apply(event)
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
    const page = renderText(this.#metrics(), format, this.#labels)
    for (const name of page.clashes) this.#clashes.add(name)
    this.#twins = Math.max(this.#twins, page.twins)
    this.#scrapeSeconds += (performance.now() - began) / 1_000
    return page
  }

  /** The same as OTel data. */
  collect(): ScopeMetrics[] {
    const metrics = this.#metrics()
    const { epochSeconds, settings } = this.#options
    const workers = this.#roster.starts()
    const startOf = startTimes({ epochSeconds, workers, keepsWorkerId: settings.keepWorkerId })
    return toOtel(metrics, { now: Date.now(), startOf })
  }

  /** Takes the last reports that these workers have left in files. @returns the ages of those that have not yet. */
  takeLastReports(ages: readonly number[]): number[] {
    const reports = this.#lastReports
    if (!reports) return []
    return ages.filter((age) => {
      const text = reports.take(age)
      if (text !== undefined) this.report(age, text)
      return text === undefined
    })
  }

  readiness(): Readiness {
    const { servesItself, listening, configured } = this.#roster.attendance()
    if (servesItself) return { isReady: true, text: 'This process serves by itself.' }
    const workers = `${listening} of ${configured} workers`
    return listening > 0
      ? { isReady: true, text: `Listening: ${workers}.` }
      : { isReady: false, text: `No worker listens: ${workers}.` }
  }

  /** The live workers, the last deaths and the exporter's own figures, as JSON. @param connections open ones of the endpoint. */
  status(connections: number): string {
    const workers = this.#roster.vitals(Date.now()).map(({ source, ...vitals }) => {
      const { requests, memoryBytes } = figuresOf((name) => this.#ledger.valueOf(source, name))
      return { ...vitals, requests, memoryBytes }
    })
    const uptimeSeconds = process.uptime()
    const exporter = this.#ownFigures(connections)
    return JSON.stringify({ version, uptimeSeconds, exporter, workers, deaths: this.#deaths.last })
  }

  #ownFigures(connections: number): Readonly<Record<string, unknown>> {
    const expiresAt = this.#certificateExpiresAt
    return {
      scrapes: Object.fromEntries(this.#scrapes),
      reports: Object.fromEntries(this.#reports),
      series: this.#ledger.seriesCount,
      droppedSeries: Object.fromEntries(this.#dropped()),
      faults: Object.fromEntries(this.#faults),
      connections,
      droppedConnections: Object.fromEntries(this.#droppedConnections),
      certificateExpiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
      push: this.#options.push?.summary() ?? null,
    }
  }

  /** An end by SIGKILL may be the kernel's doing, where it was not the master's. */
  #explained(event: Ended): Ended {
    if (event.signal !== 'SIGKILL') return event
    this.#oomKills.look(event.at)
    if (event.cause !== undefined || !this.#roster.vitalsOf(event.age, event.at)) return event
    return this.#oomKills.claim() ? { ...event, cause: 'oom' } : event
  }

  #retire(event: Ended): void {
    const { age, code, at } = event
    const text = this.#lastReports?.take(age)
    if (text !== undefined) this.report(age, text)
    // Before the ledger lets go of what it said, and the roster of its life.
    const vitals = this.#roster.vitalsOf(age, at)
    const figures = figuresOf((name) => this.#ledger.valueOf(age, name))
    this.#ledger.retire(age, code === 0)
    this.#roster.apply(event)
    if (vitals) this.#mourn(age, deathOf(event, vitals, figures))
    this.#expire()
  }

  #mourn(age: number, death: Death): void {
    this.#deaths.add(age, death)
    this.#options.onDeath(death)
  }

  /** Forgets ended workers past their retention; who was short of room for series may now have it. */
  #expire(): void {
    const expired = this.#roster.expire(Date.now())
    for (const age of expired) {
      this.#ledger.forget(age)
      this.#deaths.forget(age)
    }
    if (expired.length === 0) return
    for (const age of this.#ledger.takeStarved()) this.#options.resync(age)
  }

  #metrics(): Metric[] {
    const now = Date.now()
    this.#expire()
    return [
      ...this.#roster.metrics(now),
      this.#deaths.metric(),
      ...this.#ledger.metrics(),
      ...this.#ownMetrics(),
      ...(this.#options.push?.metrics(now) ?? []),
    ]
  }

  /** Series left out, by limit. */
  #dropped(): ReadonlyMap<string, number> {
    return new Map([
      ...this.#ledger.dropped,
      ['name clash', this.#clashes.size],
      ['label clash', this.#twins],
      ['retained workers', this.#roster.surplus],
    ])
  }

  #ownMetrics(): Metric[] {
    const expiresAt = this.#certificateExpiresAt
    return [
      metric(catalog.exporterScrapes, labelled(this.#scrapes, 'status_code')),
      metric(catalog.exporterScrapeSeconds, [point({}, this.#scrapeSeconds)]),
      metric(catalog.exporterReports, labelled(this.#reports, 'outcome')),
      metric(catalog.exporterReportBytes, [point({}, this.#reportChars)]),
      metric(catalog.exporterSeries, [point({}, this.#ledger.seriesCount)]),
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
