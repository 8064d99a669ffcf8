import { type Details, textFor } from '../endpoint/details.ts'
import { EndpointMetrics } from '../endpoint/endpoint-metrics.ts'
import type { Readiness } from '../endpoint/routes.ts'
import type { Page } from '../exposition/page.ts'
import { PageRenderer } from '../exposition/page-renderer.ts'
import { nameClashText, shedText } from '../exposition/reserved-names.ts'
import type { TextFormat } from '../exposition/text-format.ts'
import type { LiveSource } from '../live/live-source.ts'
import { log } from '../log/log.ts'
import { targetInfo } from '../model/catalog/target-info.ts'
import type { Attributes, Metric } from '../model/metric.ts'
import type { InParts } from '../model/page/in-parts.ts'
import type { PageOptions } from '../model/page/page-options.ts'
import { printableJson } from '../model/text/printable.ts'
import { version } from '../model/version.ts'
import { nodeClock } from '../support/clock.ts'
import { isoTime } from '../support/iso-time.ts'
import type { DirectorySize } from './directory-size.ts'
import { namedStatus, type Origin } from './origin.ts'
import { sidecarMetrics } from './sidecar-metrics.ts'
import { sidecarSource } from './sidecar-source.ts'
import { unreadTexts } from './unread-texts.ts'

export interface SidecarOptions {
  readonly origins: readonly Origin[]
  /** Undefined without a directory. */
  readonly directorySize: DirectorySize | undefined
  /** Most series on the page. Further series are left out and counted. */
  readonly maxSeries: number
  /** Attributes of the sidecar's own `target_info`. */
  readonly resource: Attributes
  /** Default: no options. */
  readonly page?: PageOptions | undefined
}

/** The page with the metrics of all origins, and the status of the sidecar. */
export class Sidecar {
  readonly endpointMetrics: EndpointMetrics = new EndpointMetrics({
    onClash: (name) => log.warn(nameClashText(name)),
    onShed: (names) => log.warn(shedText(names)),
  })
  readonly #options: SidecarOptions
  readonly #pages: PageRenderer
  readonly #startedAt = nodeClock.now()
  /** Most series that a page has left out. Every scrape leaves out the same series. */
  #surplus = 0

  constructor(options: SidecarOptions) {
    this.#options = options
    this.#pages = new PageRenderer(options.page)
  }

  page(format: TextFormat): InParts<Page> {
    return this.endpointMetrics.measureRender(() => this.#pages.render(this.#metrics(), format))
  }

  /** Call before each page. The promise resolves when the readings of all origins are recent. */
  freshen(): Promise<unknown> | undefined {
    const readings = this.#options.origins.flatMap((origin) => origin.freshen?.() ?? [])
    return readings.length === 0 ? undefined : Promise.all(readings)
  }

  /**
   * A sidecar is ready while an origin can be read and has a live instance. A Kubernetes node can
   * be without applications, so a sidecar for one node needs no instance.
   */
  readiness(): Readiness {
    const statuses = this.#options.origins.map(namedStatus)
    const read = statuses.filter(({ isConnected }) => isConnected)
    const live = read.flatMap(({ sources }) => sources.filter(({ state }) => state === 'live'))
    const isReady = live.length > 0 || read.some(({ node }) => node !== undefined)
    const count = live.length > 0 ? `Live instances: ${live.length}.` : 'No instance is live.'
    // Probes can be open to every client.
    const { unread, awaited } = unreadTexts(statuses, 'hidden: probes can be open')
    const text = [count, ...unread, ...awaited].join(' ')
    return { isReady, text }
  }

  /**
   * The origins and the endpoint's metrics as JSON.
   * @param connections open connections of the endpoint.
   * @param details whether the document has paths of files.
   */
  status(connections: number, details: Details): string {
    const origins = this.#options.origins.map((origin) => statusOf(origin, details))
    const exporter = this.endpointMetrics.summary(this.#dropped(), connections)
    const status = { version, uptimeSeconds: process.uptime(), exporter, origins }
    return printableJson(JSON.stringify(status))
  }

  /** The instances for the live page. Its requests do not count as scrapes. */
  liveSource(): LiveSource {
    const { origins, resource } = this.#options
    return sidecarSource({
      origins,
      resource,
      counts: (connections, details) => ({
        ...this.endpointMetrics.summary(this.#dropped(), connections),
        series: origins.flatMap((origin) => origin.metrics()).reduce(seriesIn, 0),
        redis: redisStatus(origins, details),
      }),
      metrics: () => this.#metrics(),
      nameOf: (descriptor) => this.#pages.nameOf(descriptor),
      lines: (name) => this.#pages.lines(this.#metrics(), name),
    })
  }

  #metrics(): Metric[] {
    const { origins, directorySize, maxSeries } = this.#options
    const others = cut(
      origins.flatMap((origin) => origin.metrics()),
      maxSeries,
    )
    this.#surplus = Math.max(this.#surplus, others.surplus)
    const uptimeSeconds = (nodeClock.now() - this.#startedAt) / 1_000
    return [
      ...others.metrics,
      ...sidecarMetrics({ origins, size: directorySize?.last, uptimeSeconds }),
      ...this.endpointMetrics.metrics(this.#dropped()),
      targetInfo(this.#options.resource),
    ]
  }

  #dropped(): ReadonlyMap<string, number> {
    return new Map([['series_limit', this.#surplus]])
  }
}

function statusOf(origin: Origin, details: Details): Readonly<Record<string, unknown>> {
  const status = origin.status()
  const { isConnected, isAwaited, succeededAt, error, refused, outside, ...rest } = status
  return {
    name: origin.name,
    connected: isConnected,
    ...(isAwaited !== undefined && { awaited: isAwaited }),
    ...rest,
    refused: Object.fromEntries(refused),
    ...(outside && { outside: Object.fromEntries(outside) }),
    lastSuccessAt: isoTime(succeededAt),
    lastError: error === undefined ? null : textFor(details, error),
  }
}

function seriesIn(sum: number, { points }: Metric): number {
  return sum + points.length
}

function redisStatus(
  origins: readonly Origin[],
  details: Details,
): Readonly<Record<string, unknown>> | null {
  const redis = origins.find(({ name }) => name === 'redis')
  if (!redis) return null
  const { sources, ...status } = statusOf(redis, details)
  return { ...status, instances: Array.isArray(sources) ? sources.length : 0 }
}

function cut(
  metrics: readonly Metric[],
  most: number,
): { readonly metrics: readonly Metric[]; readonly surplus: number } {
  let room = most
  let surplus = 0
  const kept = metrics.map((metric) => {
    const { points } = metric
    if (points.length <= room) {
      room -= points.length
      return metric
    }
    const left = points.slice(0, room)
    surplus += points.length - room
    room = 0
    return { descriptor: metric.descriptor, points: left }
  })
  return { metrics: kept, surplus }
}
