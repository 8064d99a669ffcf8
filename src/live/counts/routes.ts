import { liveLimits } from '../../limits/tools/live.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import { Distribution } from '../../model/live/distribution.ts'
import type { LiveRoute } from '../../model/live/live-document.ts'
import { countOf } from '../../model/merging/merged-value.ts'
import type { Attributes } from '../../model/metric.ts'
import { rounded } from '../history/ring.ts'
import { addTo, type Histogram, histogramOf, increaseOf } from './histogram-increase.ts'
import type { LiveReading } from './reading.ts'
import { shownQuantiles, shownRanks } from './shown-figures.ts'

interface RouteSeries extends Histogram {
  readonly attributes: Attributes
}

/** All series by route at one moment. */
interface Baseline {
  readonly at: number
  readonly series: ReadonlyMap<string, RouteSeries>
}

/**
 * The requests by route. Nothing is kept while nobody looks: the first look shows counts, and
 * quantiles of all requests. Later looks show rates and quantiles since an earlier look.
 */
export class Routes {
  /** At most two: the older one is the start of the window. */
  #baselines: readonly Baseline[] = []
  #shown: { readonly at: number; readonly routes: readonly LiveRoute[] } | undefined

  /**
   * @param now milliseconds of the monotonic clock.
   * @param joinedAt totals of before cannot be compared.
   */
  routes(reading: LiveReading, now: number, joinedAt: number): readonly LiveRoute[] {
    if (this.#shown && now - this.#shown.at < liveLimits.routesAgeMs) return this.#shown.routes
    const current = { at: now, series: seriesOf(reading) }
    const oldest = Math.max(joinedAt, now - 2 * liveLimits.routeWindowMs - liveLimits.routesAgeMs)
    const usable = this.#baselines.filter(({ at }) => at >= oldest)
    const routes = routesOf(current, usable[0])
    const newest = usable.at(-1)
    const isDue = !newest || now - newest.at >= liveLimits.routeWindowMs
    this.#baselines = isDue ? [...usable.slice(-1), current] : usable
    this.#shown = { at: now, routes }
    return routes
  }

  /** Frees the baselines some time after the last look. */
  expire(now: number): void {
    if (this.#shown && now - this.#shown.at > 3 * liveLimits.routeWindowMs) {
      this.#baselines = []
      this.#shown = undefined
    }
  }
}

function seriesOf(reading: LiveReading): Map<string, RouteSeries> {
  const series = new Map<string, RouteSeries>()
  for (const { descriptor, points } of reading.metricsOf(catalog.httpRequestDuration.name)) {
    for (const { attributes, value } of points) {
      const histogram = histogramOf(descriptor, value)
      if (!histogram) continue
      if (series.size >= liveLimits.routeSeries) return series
      series.set(seriesKey(attributes), { ...histogram, attributes })
    }
  }
  return series
}

function seriesKey(attributes: Attributes): string {
  const names = ['instance', method, template, status, errorType, 'network.protocol.version']
  return JSON.stringify([...names, 'url.scheme'].map((name) => attributes[name]))
}

const method = 'http.request.method'
const template = 'http.route'
const status = 'http.response.status_code'
const errorType = 'error.type'

/** A route while its series are added. */
interface Row {
  readonly method: string
  readonly route: string
  requests: number
  errors: number
  recent: number
  recentErrors: number
  readonly durations: Distribution
  readonly series: RouteSeries[]
  readonly errorTypes: Map<string, number>
}

function routesOf({ at, series }: Baseline, before: Baseline | undefined): LiveRoute[] {
  const rows = new Map<string, Row>()
  const known = Array.from(
    before?.series.values() ?? [],
    ({ attributes }) => attributes['instance'],
  )
  // A new series of an unknown instance can have counted for days. This process has no instance.
  const instances = new Set([undefined, ...known])
  for (const [key, each] of series) {
    const isComparable = before !== undefined && instances.has(each.attributes['instance'])
    const recent = isComparable ? increaseOf(each, before.series.get(key)) : undefined
    add(rowOf(rows, each.attributes), each, recent)
  }
  const windowMs = before ? at - before.at : 0
  return [...rows.values()]
    .sort((one, other) => other.recent - one.recent || other.requests - one.requests)
    .slice(0, liveLimits.routes)
    .map((row) => shown(row, windowMs))
}

function rowOf(rows: Map<string, Row>, attributes: Attributes): Row {
  const name = String(attributes[method] ?? '_OTHER')
  const route = String(attributes[template] ?? '')
  const key = `${name} ${route}`
  const known = rows.get(key)
  if (known) return known
  const counts = { requests: 0, errors: 0, recent: 0, recentErrors: 0 }
  const row = {
    ...{ method: name, route, ...counts },
    durations: new Distribution(),
    series: [],
    errorTypes: new Map<string, number>(),
  }
  rows.set(key, row)
  return row
}

function add(row: Row, series: RouteSeries, recent: Histogram | undefined): void {
  const { attributes, value } = series
  const isError = isServerError(attributes)
  row.series.push(series)
  row.requests += countOf(value)
  if (isError) {
    row.errors += countOf(value)
    const type = String(attributes[errorType] ?? attributes[status] ?? '_OTHER')
    row.errorTypes.set(type, (row.errorTypes.get(type) ?? 0) + countOf(value))
  }
  if (!recent) return
  row.recent += countOf(recent.value)
  if (isError) row.recentErrors += countOf(recent.value)
  addTo(row.durations, recent)
}

/** OpenTelemetry counts 5xx, and requests without a response, as errors of a server. */
function isServerError(attributes: Attributes): boolean {
  const code = attributes[status]
  return code === undefined ? attributes[errorType] !== undefined : Number(code) >= 500
}

function shown(row: Row, windowMs: number): LiveRoute {
  const perSecond = (count: number): number | null =>
    windowMs > 0 ? rounded((1_000 * count) / windowMs) : null
  // A window of a few seconds has no request of most routes.
  const isOverall = row.recent === 0 && windowMs < liveLimits.routeWindowMs
  const durations = isOverall ? allDurations(row) : row.durations
  return {
    ...{ method: row.method, route: row.route, requests: row.requests, errors: row.errors },
    requestsPerSecond: perSecond(row.recent),
    errorsPerSecond: perSecond(row.recentErrors),
    ...shownQuantiles(durations.quantiles(shownRanks)),
    quantilesOf: isOverall ? 'all' : 'recent',
    errorTypes: [...row.errorTypes]
      .map(([type, count]) => ({ errorType: type, count }))
      .sort((one, other) => other.count - one.count)
      .slice(0, liveLimits.errorTypes),
  }
}

function allDurations({ series }: Row): Distribution {
  const durations = new Distribution()
  for (const each of series) addTo(durations, each)
  return durations
}
