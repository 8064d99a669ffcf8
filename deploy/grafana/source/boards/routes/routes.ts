import type { Board } from '../../board.ts'
import { type Placed, stat } from '../../panels.ts'
import { mean, quantile, routeMatcher, share } from '../../promql.ts'
import { type Column, table } from '../../table.ts'
import {
  instanceVariable,
  jobVariable,
  routeVariable,
  sourceVariable,
  topVariable,
} from '../../variables.ts'
import { errorSteps } from '../overview/now.ts'
import { active, heat, quantiles, slowest, time } from './durations.ts'
import { byError, byRoute, clientErrors, serverErrors } from './errors.ts'
import { durations, half, page, requests, status } from './of-routes.ts'
import { bodySizes, workerSizes } from './sizes.ts'

export function routes(): Board {
  return {
    uid: 'gunicorn-routes',
    title: 'Gunicorn / Routes',
    description:
      'Which route is slow, fails, or takes the time. Also for services of other languages with ' +
      'the HTTP metrics of OpenTelemetry.',
    variables: [
      sourceVariable(),
      jobVariable(),
      instanceVariable(),
      routeVariable(),
      topVariable(),
    ],
    rows: [
      { title: 'The chosen routes', panels: now() },
      { title: 'Routes', panels: [topRoutes()] },
      { title: 'Rate and errors', panels: [byRoute(), clientErrors(), serverErrors(), byError()] },
      { title: 'Durations', panels: [quantiles(), heat(), slowest(), time(), active()] },
      { title: 'Sizes', panels: [bodySizes('request'), bodySizes('response'), workerSizes()] },
    ],
  }
}

function now(): Placed[] {
  const small = { width: 6, height: 4, page, python: 'none' } as const
  const shares = [
    { title: 'Share of 5xx', first: '5', steps: errorSteps },
    { title: 'Share of 4xx', first: '4', steps: [] },
  ]
  return [
    stat({
      ...small,
      title: 'Requests',
      description: 'Requests per second of the chosen routes.',
      unit: 'reqps',
      queries: [{ expression: requests(''), legend: 'requests' }],
    }),
    ...shares.map(({ title, first, steps }) =>
      stat({
        ...small,
        title,
        description: `Share of the requests with a status of the class ${first}xx.`,
        unit: 'percentunit',
        queries: [{ expression: share(requests('', status(first)), requests('')), legend: title }],
        steps,
      }),
    ),
    stat({
      ...small,
      title: 'p95 of durations',
      description: 'Of 100 requests, 95 were faster.',
      unit: 's',
      queries: [
        {
          expression: quantile(0.95, { metric: durations, matchers: [routeMatcher] }),
          legend: 'p95',
        },
      ],
    }),
  ]
}

function topRoutes(): Placed {
  const keys = 'job, http_route, http_request_method'
  const histogram = { metric: durations, labels: keys, matchers: [routeMatcher] }
  const all = requests(keys)
  const busiest = `topk(100, ${all})`
  const among = (expression: string): string => `(${expression}) and on (${keys}) ${busiest}`
  const columns: Column[] = [
    { title: 'Requests', unit: 'reqps', decimals: 2, expression: busiest },
    ...['4', '5'].map((first) => ({
      title: `${first}xx`,
      unit: 'percentunit',
      decimals: 1,
      expression: among(share(requests(keys, status(first)), all)),
      steps: first === '5' ? errorSteps : [],
    })),
    ...[0.5, 0.95, 0.99].map((each) => ({
      title: `p${each * 100}`,
      unit: 's',
      expression: among(quantile(each, histogram)),
    })),
    { title: 'Mean', unit: 's', expression: among(mean(histogram)) },
  ]
  return table({
    ...half,
    width: 24,
    title: 'Top routes',
    description: 'The 100 routes with the most requests per second. Choose a route by its name.',
    keys: { job: 'Job', http_request_method: 'Method', http_route: 'Route' },
    columns,
    sortedBy: 'Requests',
    link: {
      key: 'http_route',
      title: 'Only this route',
      uid: 'gunicorn-routes',
      parameters: `var-route=\${__value.text:percentencode}&`,
    },
  })
}
