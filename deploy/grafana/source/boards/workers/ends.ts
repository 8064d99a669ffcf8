import { lines, type Placed } from '../../panels.ts'
import { events, max, sum, workerMatcher } from '../../promql.ts'
import { table } from '../../table.ts'
import { keys, ofWorker, third } from './of-worker.ts'

export function deaths(): Placed {
  const ended = `max_over_time(${ofWorker('gunicorn_worker_restart_count_total')}[$__range]) > 0`
  const memory = `max_over_time(${ofWorker('gunicorn_worker_exit_memory_bytes')}[$__range])`
  const cpu = `max_over_time(${ofWorker('gunicorn_worker_uptime_seconds')}[$__range])`
  const dead = sum(`${keys}, reason, restart_type`, ended)
  return table({
    title: 'Ended workers',
    description:
      'Workers that ended in the time range, with the reason, the last memory and the age. The ' +
      'exporter’s /status has stacks and times of the last 50.',
    page: 'docs/metrics.md#reason-and-restart_type-of-a-workers-end',
    python: 'none',
    width: 14,
    height: 9,
    keys: {
      job: 'Job',
      instance: 'Instance',
      worker_id: 'Worker',
      reason: 'Reason',
      restart_type: 'Type',
    },
    columns: [
      { title: 'Ends', unit: 'short', decimals: 0, expression: dead },
      {
        title: 'Last memory',
        unit: 'bytes',
        expression: beside(dead, max(`${keys}, reason`, memory), 'reason'),
      },
      { title: 'Age', unit: 's', decimals: 0, expression: beside(dead, max(keys, cpu)) },
    ],
    sortedBy: 'Ends',
  })
}

/** The values of a second query for each row of the first. A join keeps all labels of the first. */
function beside(rows: string, values: string, label = ''): string {
  const on = label === '' ? keys : `${keys}, ${label}`
  return `0 * (${rows}) + on (${on}) group_left () (${values})`
}

export function endsOverTime(): Placed {
  const metric = 'gunicorn_worker_restart_count_total'
  const counted = events('reason, restart_type', metric, workerMatcher)
  return lines({
    ...third,
    width: 10,
    height: 9,
    title: 'Ends by reason',
    description: 'How many workers ended.',
    page: 'docs/metrics.md#reason-and-restart_type-of-a-workers-end',
    unit: 'short',
    hasBars: true,
    queries: [
      {
        expression: `${counted} > 0`,
        legend: '{{reason}} ({{restart_type}})',
      },
    ],
  })
}
