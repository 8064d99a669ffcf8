import type { Placed } from '../../panels.ts'
import { sum } from '../../promql.ts'
import { byWorker, each, keys, ofWorker, rateOf, requestRate } from './of-worker.ts'

export function requests(): Placed[] {
  return [
    byWorker({
      title: 'Requests',
      description: 'Requests per second that ended.',
      unit: 'reqps',
      python: { partly: 'requests that raise an exception are missing.' },
      expression: requestRate,
    }),
    byWorker({
      title: 'Requests in flight',
      description: 'Requests that the worker is answering.',
      unit: 'short',
      expression: each(ofWorker('gunicorn_worker_requests_in_flight')),
    }),
    byWorker({
      title: 'Connections',
      description: 'Open connections, with WebSockets.',
      page: 'docs/metrics.md#workers-that-listen',
      unit: 'short',
      expression: each(ofWorker('gunicorn_worker_connections')),
    }),
    byWorker({
      title: 'Failed requests',
      description: 'Requests with a status of 400 or above, aborted requests, and errors.',
      unit: 'reqps',
      python: { partly: 'only requests that raise an exception.' },
      expression: sum(keys, rateOf('gunicorn_worker_failed_requests_total')),
    }),
    byWorker({
      title: 'Errors that the server handled',
      description: 'Parse errors and errors that the framework turned into responses.',
      unit: 'reqps',
      python: 'data',
      expression: sum(keys, rateOf('gunicorn_worker_error_handling_total')),
    }),
    byWorker({
      title: 'Last report',
      description: 'Seconds since the last report. The line grows while the worker hangs.',
      page: 'docs/metrics.md#a-worker-that-hangs',
      unit: 's',
      steps: [{ from: 2, color: 'orange' }],
      expression: each(ofWorker('gunicorn_worker_report_age_seconds')),
    }),
  ]
}
