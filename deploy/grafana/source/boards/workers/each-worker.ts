import type { State } from '../../panels.ts'
import { type Placed, timeline } from '../../panels.ts'
import { max } from '../../promql.ts'
import { type Column, table } from '../../table.ts'
import {
  delay,
  delaySteps,
  each,
  heapShare,
  keys,
  loadSteps,
  name,
  ofWorker,
  page,
  requestRate,
} from './of-worker.ts'

/** The states of `gunicorn_worker_state`, as numbers. A higher number is a worse state. */
export const workerStates: readonly State[] = [
  { value: 1, text: 'running', color: 'green' },
  { value: 2, text: 'quit', color: 'blue' },
  { value: 3, text: 'stopped', color: 'purple' },
  { value: 4, text: 'hanging', color: 'orange' },
  { value: 5, text: 'error', color: 'red' },
  { value: 6, text: 'abort', color: 'dark-red' },
]

/** The state of each worker as a number: Grafana colours numbers, and the label has a text. */
const state = max(
  keys,
  workerStates
    .map(
      ({ value, text }) =>
        `${value} * (${ofWorker('gunicorn_worker_state', `state="${text}"`)} == 1)`,
    )
    .join(' or '),
)

export function all(): Placed {
  return table({
    title: 'Workers',
    description: 'One row for each worker. Choose a worker by its name.',
    page,
    python: {
      partly:
        'only requests, CPU, memory, age and a state that stays "running"; CPU and memory are ' +
        'those of the master.',
    },
    width: 24,
    height: 11,
    keys: { job: 'Job', instance: 'Instance', worker_id: 'Worker' },
    columns: [...workColumns(), ...resourceColumns()],
    sortedBy: 'Requests',
    link: {
      key: 'worker_id',
      title: 'Only this worker',
      uid: 'gunicorn-workers',
      parameters: `var-worker=\${__value.text}&`,
    },
  })
}

function workColumns(): Column[] {
  return [
    { title: 'State', unit: 'short', expression: state, states: workerStates },
    { title: 'Requests', unit: 'reqps', decimals: 2, expression: requestRate },
    {
      title: 'In flight',
      unit: 'short',
      expression: each(ofWorker('gunicorn_worker_requests_in_flight')),
    },
    {
      title: 'Connections',
      unit: 'short',
      expression: each(ofWorker('gunicorn_worker_connections')),
    },
  ]
}

function resourceColumns(): Column[] {
  return [
    {
      title: 'CPU',
      unit: 'percent',
      decimals: 1,
      expression: each(ofWorker('gunicorn_worker_cpu_percent')),
    },
    {
      title: 'Memory',
      unit: 'bytes',
      expression: each(ofWorker('gunicorn_worker_memory_bytes')),
    },
    {
      title: 'Heap',
      unit: 'percentunit',
      decimals: 1,
      expression: each(heapShare),
      steps: loadSteps,
    },
    { title: 'Loop delay p99', unit: 's', expression: delay, steps: delaySteps },
    {
      title: 'Last report',
      unit: 's',
      decimals: 1,
      expression: each(ofWorker('gunicorn_worker_report_age_seconds')),
    },
    {
      title: 'Age',
      unit: 's',
      decimals: 0,
      expression: each(ofWorker('gunicorn_worker_uptime_seconds')),
    },
  ]
}

export function states(): Placed {
  return timeline({
    title: 'State of each worker',
    description:
      'A worker that ended keeps its last state for five minutes, by default. 20 workers are on ' +
      'a page.',
    page: 'docs/metrics.md#state-of-gunicorn_worker_state',
    python: { partly: 'the state stays "running" after the end, and a hang does not show.' },
    unit: 'short',
    width: 24,
    height: 10,
    queries: [{ expression: state, legend: name }],
    states: workerStates,
  })
}
