import { lines, type Placed } from '../../panels.ts'
import { rate, sum, top } from '../../promql.ts'
import { half, requests, status } from './of-routes.ts'

export function byRoute(): Placed {
  return lines({
    ...half,
    title: 'Requests by route',
    description: 'The routes with the most requests per second.',
    unit: 'reqps',
    queries: [{ expression: top(requests('http_route')), legend: '{{http_route}}' }],
    isStacked: true,
  })
}

export function clientErrors(): Placed {
  return lines({
    ...half,
    title: '4xx by route',
    description: 'Errors of clients. _UNMATCHED is a path without a route.',
    unit: 'reqps',
    queries: [
      {
        expression: top(requests('http_route, http_response_status_code', status('4'))),
        legend: '{{http_response_status_code}} {{http_route}}',
      },
    ],
  })
}

export function serverErrors(): Placed {
  return lines({
    ...half,
    title: '5xx and aborted requests by route',
    description: 'Errors of the service, and connections that closed before the response ended.',
    unit: 'reqps',
    queries: [
      {
        expression: top(requests('http_route, http_response_status_code', status('5'))),
        legend: '{{http_response_status_code}} {{http_route}}',
      },
      {
        expression: top(requests('http_route', 'error_type="aborted"')),
        legend: 'aborted {{http_route}}',
      },
    ],
  })
}

export function byError(): Placed {
  const failed = rate('gunicorn_worker_failed_requests_total')
  return lines({
    ...half,
    title: 'Failed requests by error',
    description:
      'Which endpoint fails, and with which error. All endpoints, whatever route is chosen.',
    page: 'docs/metrics.md#method-endpoint-and-error_type',
    python: { partly: 'only requests that raise an exception.' },
    unit: 'reqps',
    queries: [
      {
        expression: top(sum('method, endpoint, error_type', failed)),
        legend: '{{error_type}} {{method}} {{endpoint}}',
      },
    ],
  })
}
