import { lines, type Placed } from '../../panels.ts'
import { quantile, routeMatcher, top } from '../../promql.ts'
import { third } from './of-routes.ts'

export function bodySizes(message: 'request' | 'response'): Placed {
  const metric = `http_server_${message}_body_size_bytes`
  const histogram = { metric, labels: 'http_route', matchers: [routeMatcher] }
  return lines({
    ...third,
    title: `Size of ${message}s by route`,
    description: `The 95th percentile of ${message} bodies. Needs GUNICORN_HTTP_BODY_SIZES.`,
    unit: 'bytes',
    queries: [{ expression: top(quantile(0.95, histogram)), legend: '{{http_route}}' }],
  })
}

export function workerSizes(): Placed {
  const sizes = (message: string): string =>
    quantile(0.95, { metric: `gunicorn_worker_${message}_size_bytes` })
  return lines({
    ...third,
    title: 'Sizes of all bodies',
    description: 'The 95th percentile of request and response bodies, over all routes.',
    page: 'docs/metrics.md#workers',
    unit: 'bytes',
    queries: [
      { expression: sizes('request'), legend: 'requests' },
      { expression: sizes('response'), legend: 'responses' },
    ],
  })
}
