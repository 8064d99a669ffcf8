import type { PanelSpec, Step } from '../../panel.ts'
import { type Placed, stat, total } from '../../panels.ts'
import { quantile, rate, series, share, sum } from '../../promql.ts'
import { durations, failures, live, requests } from './of-service.ts'

export const errorSteps: readonly Step[] = [
  { from: 0.01, color: 'yellow' },
  { from: 0.05, color: 'red' },
]

const clientSteps: readonly Step[] = [
  { from: 0.1, color: 'yellow' },
  { from: 0.5, color: 'red' },
]

/** Replaced workers, or else the ended workers of the Python package. */
const replaced =
  `increase(${series('gunicorn_master_worker_restarts_total')}[$__range]) or on (job, instance) ` +
  `increase(${series('gunicorn_master_worker_restart_total', 'reason="chld"')}[$__range])`

const small = { width: 4, height: 4 } as const

export function now(): Placed[] {
  return [
    stat({
      ...small,
      title: 'Requests',
      description: 'Requests per second that ended.',
      page: 'docs/metrics.md#workers',
      python: { partly: 'requests that raise an exception are missing.' },
      unit: 'reqps',
      queries: [{ expression: sum('', requests), legend: 'requests' }],
      more: { title: 'Routes', uid: 'gunicorn-routes' },
    }),
    failed({ ...small, title: 'Share of 5xx', status: '5..', legend: '5xx', steps: errorSteps }),
    failed({ ...small, title: 'Share of 4xx', status: '4..', legend: '4xx', steps: clientSteps }),
    stat({
      ...small,
      title: 'p95 of durations',
      description: 'Of 100 requests, 95 were faster.',
      page: 'docs/metrics.md#workers',
      python: 'data',
      unit: 's',
      queries: [{ expression: quantile(0.95, { metric: durations }), legend: 'p95' }],
      steps: [
        { from: 0.5, color: 'yellow' },
        { from: 1, color: 'red' },
      ],
    }),
    ...workers(),
  ]
}

function workers(): Placed[] {
  return [
    stat({
      ...small,
      title: 'Live workers',
      description: 'Workers that live now.',
      page: 'docs/metrics.md#the-primary',
      python: { partly: 'ended workers stay on the page, and count.' },
      unit: 'short',
      queries: [{ expression: sum('', live), legend: 'live' }],
      more: { title: 'Workers', uid: 'gunicorn-workers' },
    }),
    total({
      ...small,
      title: 'Restarts',
      description: 'Workers that were replaced in the time range.',
      page: 'docs/metrics.md#the-primary',
      python: { partly: 'all ended workers count.' },
      unit: 'short',
      queries: [{ expression: sum('', replaced), legend: 'restarts' }],
      steps: [{ from: 1, color: 'yellow' }],
      more: { title: 'Master and deploys', uid: 'gunicorn-master' },
    }),
  ]
}

interface Failed extends Pick<PanelSpec, 'title' | 'width' | 'height' | 'steps'> {
  readonly status: string
  readonly legend: string
}

function failed({ status, legend, ...spec }: Failed): Placed {
  const part = sum('', rate(failures, `status_code=~"${status}"`))
  return stat({
    ...spec,
    description: `Share of the requests that ended with a status of the class ${legend}.`,
    page: 'docs/metrics.md#method-endpoint-and-error_type',
    python: { partly: 'always 0, because its failures have no status.' },
    unit: 'percentunit',
    queries: [{ expression: share(part, sum('', requests)), legend }],
  })
}
