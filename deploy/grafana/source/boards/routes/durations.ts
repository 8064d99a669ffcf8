import { heatMap, lines, type Placed } from '../../panels.ts'
import { quantile, rate, routeMatcher, series, sum, summed, top } from '../../promql.ts'
import { durations, half } from './of-routes.ts'

export function quantiles(): Placed {
  return lines({
    ...half,
    title: 'Durations of the chosen routes',
    description:
      'All requests of the chosen routes. A dot is one request with its trace: this package has ' +
      'no exemplars, and OpenTelemetry SDKs of other languages have exemplars.',
    page: 'docs/opentelemetry.md',
    unit: 's',
    queries: [0.5, 0.95, 0.99].map((each) => ({
      expression: quantile(each, { metric: durations, matchers: [routeMatcher] }),
      legend: `p${each * 100}`,
      hasExemplars: each === 0.99,
    })),
  })
}

export function heat(): Placed {
  return heatMap({
    ...half,
    title: 'Durations, heat map',
    description:
      'How many requests per second took how long. Exponential histograms have finer rows.',
    unit: 's',
    queries: [
      { expression: sum('le', rate(`${durations}_bucket`, routeMatcher)), legend: '{{le}}' },
      { expression: sum('', rate(durations, routeMatcher)), legend: 'native' },
    ],
  })
}

export function slowest(): Placed {
  return lines({
    ...half,
    title: 'p95 by route',
    description: 'The slowest routes.',
    unit: 's',
    queries: [
      {
        expression: top(
          quantile(0.95, { metric: durations, labels: 'http_route', matchers: [routeMatcher] }),
        ),
        legend: '{{http_route}}',
      },
    ],
  })
}

export function time(): Placed {
  const histogram = { metric: durations, labels: 'http_route', matchers: [routeMatcher] }
  return lines({
    ...half,
    title: 'Requests under way by route',
    description:
      'Seconds of answering per second: the mean number of requests under way. The first route ' +
      'is where faster code helps most.',
    unit: 'short',
    queries: [{ expression: top(summed(histogram)), legend: '{{http_route}}' }],
    isStacked: true,
  })
}

export function active(): Placed {
  const requests = series('http_server_active_requests')
  return lines({
    ...half,
    width: 24,
    height: 6,
    title: 'Active requests by method',
    description: 'Requests that servers are answering now, of all routes.',
    unit: 'short',
    queries: [
      {
        expression: top(sum('job, http_request_method', requests)),
        legend: '{{job}} {{http_request_method}}',
      },
    ],
    isStacked: true,
  })
}
