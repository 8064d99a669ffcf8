import { lines, type Placed } from '../../panels.ts'
import { quantile, rate, sum } from '../../promql.ts'
import { durations, failures, third } from './of-service.ts'

export function statuses(): Placed {
  const responses = rate('gunicorn_worker_responses_total')
  const classes = `label_replace(${responses}, "class", "\${1}xx", "status_code", "(.).*")`
  return lines({
    ...third,
    title: 'Rate by class of status',
    description: 'Responses per second. Requests that were aborted have no response.',
    page: 'docs/metrics.md#workers',
    python: 'none',
    unit: 'reqps',
    queries: [{ expression: sum('class', classes), legend: '{{class}}' }],
    isStacked: true,
  })
}

export function errors(): Placed {
  const of = (status: string): string => sum('', rate(failures, `status_code=~"${status}"`))
  return lines({
    ...third,
    title: 'Errors',
    description:
      'Failed requests per second. 4xx are errors of clients, 5xx are errors of the service. ' +
      'Without a status: the request was aborted.',
    page: 'docs/metrics.md#method-endpoint-and-error_type',
    python: { partly: 'only requests that raise an exception, all without a status.' },
    unit: 'reqps',
    queries: [
      { expression: of('4..'), legend: '4xx' },
      { expression: of('5..'), legend: '5xx' },
      { expression: of(''), legend: 'without a status' },
    ],
    more: { title: 'Routes', uid: 'gunicorn-routes' },
  })
}

export function quantiles(): Placed {
  return lines({
    ...third,
    title: 'Durations',
    description: 'From the request head to the end of the response, over all requests.',
    page: 'docs/metrics.md#workers',
    python: 'data',
    unit: 's',
    queries: [0.5, 0.95, 0.99].map((each) => ({
      expression: quantile(each, { metric: durations }),
      legend: `p${each * 100}`,
    })),
  })
}
