import { lines, type Placed } from '../../panels.ts'
import { events } from '../../promql.ts'
import { keys, name, third } from './of-master.ts'

export function received(): Placed {
  const counted = events('job, reason', 'gunicorn_master_worker_restart_total')
  return lines({
    ...third,
    title: 'Signals',
    description: 'Signals that masters got. chld: ended workers.',
    page: 'docs/run.md#signals-to-the-master',
    python: 'data',
    unit: 'short',
    hasBars: true,
    queries: [{ expression: `${counted} > 0`, legend: '{{job}} {{reason}}' }],
  })
}

export function replaced(): Placed {
  return lines({
    ...third,
    title: 'Replaced workers',
    description: 'Workers that masters forked for workers that ended.',
    unit: 'short',
    hasBars: true,
    queries: [{ expression: events(keys, 'gunicorn_master_worker_restarts_total'), legend: name }],
  })
}

const ends = 'docs/metrics.md#reason-and-restart_type-of-a-workers-end'

export function byReason(): Placed {
  const counted = events('reason, restart_type', 'gunicorn_master_worker_restart_count_total')
  return lines({
    ...third,
    title: 'Ends of workers by reason',
    description:
      'hup, usr2, ttou and max_requests are wanted. oom, heap, error and timeout are not.',
    page: ends,
    unit: 'short',
    hasBars: true,
    queries: [{ expression: `${counted} > 0`, legend: '{{reason}} ({{restart_type}})' }],
  })
}
