import type { Page } from '../exposition/page.ts'
import { expositionLimits } from '../limits/exposition.ts'
import { stateLimits } from '../limits/state.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import type { InParts } from '../model/page/in-parts.ts'
import type { DropReason } from './connections.ts'

export interface EndpointMetricsOptions {
  /** Called once with the name of each metric that a page leaves out for the name. */
  readonly onClash?: ((name: string) => void) | undefined
  /** Called with the names of all families that a page leaves out, when one of them is new. */
  readonly onShed?: ((names: readonly string[]) => void) | undefined
}

/** Counts of an endpoint's own requests, faults and connections. */
export class EndpointMetrics {
  readonly #scrapes = new Map<string, number>([['200', 0]])
  readonly #faults = new Map<string, number>()
  readonly #droppedConnections = new Map<DropReason, number>([
    ['evicted', 0],
    ['refused', 0],
  ])
  /** Unix milliseconds; undefined without TLS. */
  #certificateExpiresAt: number | undefined
  /** Names of metrics; bounded like the metrics on the page. */
  readonly #clashes = new Set<string>()
  /** Largest count on a page. Each page leaves out the same series, and a sum would grow. */
  #twins = 0
  /** Largest number of series on a page, as above. */
  #shedSeries = 0
  /** Names of the families that the last page left out for its size. */
  #shed: readonly string[] = []
  /** Names of such families on all pages. Beyond `stateLimits.metrics`, no further name is told. */
  readonly #toldShed = new Set<string>()
  #scrapeSeconds = 0
  readonly #options: EndpointMetricsOptions

  constructor(options: EndpointMetricsOptions = {}) {
    this.#options = options
  }

  /** Counts a fault of the exporter. Workers report their own faults under other names. */
  countFault(part: string): void {
    const name = `exporter_${part}`
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

  /** Renders a page. Records the duration of all parts and the omitted series. */
  *measureRender(render: () => InParts<Page>): InParts<Page> {
    const job = render()
    for (;;) {
      const began = performance.now()
      const step = job.next()
      this.#scrapeSeconds += (performance.now() - began) / 1_000
      if (step.done) {
        this.#noteOmitted(step.value)
        return step.value
      }
      yield
    }
  }

  /** @param dropped series omitted for other reasons, by reason. */
  metrics(dropped: ReadonlyMap<string, number>): Metric[] {
    const expiresAt = this.#certificateExpiresAt
    return [
      declared(catalog.exporterScrapes, labelled(this.#scrapes, 'status_code')),
      declared(catalog.exporterScrapeSeconds, [point({}, this.#scrapeSeconds)]),
      declared(catalog.exporterDroppedSeries, labelled(this.#allDropped(dropped), 'reason')),
      declared(catalog.exporterFaults, labelled(this.#faults, 'component')),
      declared(catalog.exporterDroppedConnections, labelled(this.#droppedConnections, 'reason')),
      declared(
        catalog.exporterCertificateExpiry,
        expiresAt === undefined ? [] : [point({}, expiresAt / 1_000)],
      ),
    ]
  }

  /** Part of the status page. @param connections open connections of the endpoint. */
  summary(
    dropped: ReadonlyMap<string, number>,
    connections: number,
  ): Readonly<Record<string, unknown>> & { readonly faults: Readonly<Record<string, number>> } {
    const expiresAt = this.#certificateExpiresAt
    return {
      scrapes: Object.fromEntries(this.#scrapes),
      droppedSeries: Object.fromEntries(this.#allDropped(dropped)),
      familiesOverPageLimit: this.#shed.slice(0, expositionLimits.namedFamilies),
      faults: Object.fromEntries(this.#faults),
      connections,
      droppedConnections: Object.fromEntries(this.#droppedConnections),
      certificateExpiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    }
  }

  #noteOmitted({ clashes, twins, shed }: Page): void {
    for (const name of clashes) this.#noteClash(name)
    this.#twins = Math.max(this.#twins, twins)
    const series = shed.reduce((sum, each) => sum + each.series, 0)
    this.#shedSeries = Math.max(this.#shedSeries, series)
    this.#shed = shed.map(({ name }) => name)
    const news = this.#shed.filter((name) => !this.#toldShed.has(name))
    if (news.length === 0 || this.#toldShed.size >= stateLimits.metrics) return
    for (const name of news) this.#toldShed.add(name)
    this.#options.onShed?.(this.#shed)
  }

  #noteClash(name: string): void {
    if (this.#clashes.has(name)) return
    this.#clashes.add(name)
    this.#options.onClash?.(name)
  }

  #allDropped(dropped: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    return new Map([
      ...dropped,
      ['name_clash', this.#clashes.size],
      ['label_clash', this.#twins],
      ['page_limit', this.#shedSeries],
    ])
  }
}
