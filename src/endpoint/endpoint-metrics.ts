import type { Page } from '../exposition/text.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import type { DropReason } from './connections.ts'

/** What an endpoint counts of itself. */
export class EndpointMetrics {
  readonly #scrapes = new Map<string, number>([['200', 0]])
  readonly #faults = new Map<string, number>()
  readonly #droppedConnections = new Map<DropReason, number>([
    ['evicted', 0],
    ['refused', 0],
  ])
  /** Unix milliseconds; undefined without TLS. */
  #certificateExpiresAt: number | undefined
  /** Bounded by the limits of metrics of those that are shown. */
  readonly #clashes = new Set<string>()
  /** The most that one page left out: the same ones are left out at every scrape. */
  #twins = 0
  #scrapeSeconds = 0

  /** Counts a fault on this side; those of sources come in their reports, under names of their own. */
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

  /** Makes a page, and notes how long that took and what was left out. */
  measureRender(render: () => Page): Page {
    const began = performance.now()
    const page = render()
    for (const name of page.clashes) this.#clashes.add(name)
    this.#twins = Math.max(this.#twins, page.twins)
    this.#scrapeSeconds += (performance.now() - began) / 1_000
    return page
  }

  /** @param dropped series that others left out, by limit. */
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

  /** For the status. @param connections open ones of the endpoint. */
  summary(
    dropped: ReadonlyMap<string, number>,
    connections: number,
  ): Readonly<Record<string, unknown>> {
    const expiresAt = this.#certificateExpiresAt
    return {
      scrapes: Object.fromEntries(this.#scrapes),
      droppedSeries: Object.fromEntries(this.#allDropped(dropped)),
      faults: Object.fromEntries(this.#faults),
      connections,
      droppedConnections: Object.fromEntries(this.#droppedConnections),
      certificateExpiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
    }
  }

  #allDropped(dropped: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    return new Map([...dropped, ['name_clash', this.#clashes.size], ['label_clash', this.#twins]])
  }
}
