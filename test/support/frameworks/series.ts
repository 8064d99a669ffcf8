import { Counts, none } from '../prometheus/counts.ts'
import { type Sample, select, sum } from '../prometheus/page.ts'
import type { ExpectedRequest } from './framework-row.ts'
import { durationCount, type FrameworkResponse, repetitions } from './framework-run.ts'

/*
 * The series that a run must show, and the series that a page shows, as lines of text: a failed
 * comparison then prints whole series.
 */

interface Series {
  /** Of the histogram by route. */
  readonly routes: readonly string[]
  /** Of `gunicorn_worker_failed_requests_total`. */
  readonly failures: readonly string[]
  /** Of `gunicorn_worker_error_handling_total`. */
  readonly handled: readonly string[]
  /** Bytes of bodies by route. */
  readonly sizes: readonly string[]
}

export interface ExpectedSeries extends Series {
  /** The statuses of all responses. */
  readonly statuses: readonly number[]
}

export function expectedOf(
  requests: readonly ExpectedRequest[],
  responses: readonly FrameworkResponse[],
): ExpectedSeries {
  const [routes, failures, handled] = [new Counts(), new Counts(), new Counts()]
  for (const { status, route = none, method = 'GET', error } of requests) {
    const failure = error ?? (status >= 400 ? String(status) : none)
    const shown = isOfClient(status) ? none : failure
    routes.add(`${method} ${route} ${status} ${shown}`, repetitions)
    if (failure !== none) failures.add(`${route} ${failure} ${status}`, repetitions)
    if (error !== undefined) handled.add(`${route} ${error}`, repetitions)
  }
  return {
    routes: routes.lines(),
    failures: failures.lines(),
    handled: handled.lines(),
    sizes: expectedSizes(requests, responses),
    statuses: requests.flatMap(({ status }) => Array<number>(repetitions).fill(status)),
  }
}

function isOfClient(status: number): boolean {
  return status >= 400 && status < 500
}

function expectedSizes(
  requests: readonly ExpectedRequest[],
  responses: readonly FrameworkResponse[],
): string[] {
  const sizes = new Counts()
  for (const [index, { route = none, body = '' }] of requests.entries()) {
    sizes.add(`requests of ${route}`, repetitions * Buffer.byteLength(body))
    for (const response of responses.slice(index * repetitions, (index + 1) * repetitions)) {
      sizes.add(`responses of ${route}`, Buffer.byteLength(response.body))
    }
  }
  return sizes.without(streamedOf(requests)).lines()
}

/** Their counted sizes include the framing of chunks. */
function streamedOf(requests: readonly ExpectedRequest[]): ReadonlySet<string> {
  const streamed = requests.filter(({ isStreamed }) => isStreamed)
  return new Set(streamed.map(({ route = none }) => `responses of ${route}`))
}

export interface SeenSeries extends Series {
  readonly totals: {
    readonly requests: number
    readonly overRoutes: number
    readonly active: number
    readonly faults: number
  }
}

export function seenOf(page: readonly Sample[], requests: readonly ExpectedRequest[]): SeenSeries {
  const [routes, failures] = [new Counts(), new Counts()]
  const [handled, sizes] = [new Counts(), new Counts()]
  routes.addSamples(select(page, durationCount), attributes)
  failures.addSamples(select(page, 'gunicorn_worker_failed_requests_total'), failureLabels)
  handled.addSamples(select(page, 'gunicorn_worker_error_handling_total'), handledLabels)
  for (const kind of ['request', 'response']) {
    const sums = select(page, `http_server_${kind}_body_size_bytes_sum`)
    for (const { labels, value } of sums) {
      sizes.add(`${kind}s of ${labels['http_route'] ?? none}`, value)
    }
  }
  const faults = select(page, 'gunicorn_exporter_faults_total', { component: 'route' })
  return {
    routes: routes.lines(),
    failures: failures.lines(),
    handled: handled.lines(),
    sizes: sizes.without(streamedOf(requests)).lines(),
    totals: {
      requests: sum(page, 'gunicorn_worker_requests_total'),
      overRoutes: sum(page, durationCount),
      active: sum(page, 'http_server_active_requests'),
      faults: faults.reduce((total, { value }) => total + value, 0),
    },
  }
}

const attributes = [
  'http_request_method',
  'http_route',
  'http_response_status_code',
  'error_type',
] as const
const handledLabels = ['endpoint', 'error_type'] as const
const failureLabels = [...handledLabels, 'status_code'] as const
