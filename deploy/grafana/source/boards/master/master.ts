import { deaths, deploys, signals } from '../../annotations.ts'
import type { Board } from '../../board.ts'
import { lines, type Placed, stat } from '../../panels.ts'
import { max, series, sum, top } from '../../promql.ts'
import { instanceVariable, jobVariable, sourceVariable, topVariable } from '../../variables.ts'
import { half, keys, name, page, workers } from './of-master.ts'
import { byReason, received, replaced } from './signals.ts'
import { ages, missing, reload, spread, wanted } from './wanted.ts'

export function master(): Board {
  return {
    uid: 'gunicorn-master',
    title: 'Gunicorn / Master and deploys',
    description: 'What the master was told, how reloads went, and which workers are missing.',
    variables: [sourceVariable(), jobVariable(), instanceVariable(), topVariable()],
    annotations: [signals(), deploys(), deaths()],
    rows: [
      { title: 'Now', panels: now() },
      { title: 'Workers', panels: [wanted(), reload(), missing(), ages(), spread()] },
      { title: 'Signals and restarts', panels: [received(), replaced(), byReason()] },
      { title: 'Master', panels: [silence(), versions()] },
    ],
  }
}

function now(): Placed[] {
  const small = { width: 6, height: 4, page, python: 'none', unit: 'short' } as const
  const count = (state: string, description: string): Placed =>
    stat({
      ...small,
      title: `${state.charAt(0).toUpperCase()}${state.slice(1)} workers`,
      description,
      queries: [{ expression: sum('', workers(state)), legend: state }],
    })
  return [
    count('configured', 'Workers that the masters want.'),
    count('live', 'Workers that live. During a reload, more than are configured.'),
    count('listening', 'Workers that take connections.'),
    stat({
      ...small,
      title: 'Silence of the master',
      description:
        'The longest time since an event loop of a master last turned. Below 1 is normal.',
      unit: 's',
      queries: [
        {
          expression: max('', series('gunicorn_master_event_loop_silence_seconds')),
          legend: 'silence',
        },
      ],
      steps: [
        { from: 1, color: 'yellow' },
        { from: 5, color: 'red' },
      ],
    }),
  ]
}

function silence(): Placed {
  const seconds = series('gunicorn_master_event_loop_silence_seconds')
  const reports = series('gunicorn_worker_report_age_seconds')
  return lines({
    ...half,
    title: 'Silence',
    description:
      'Seconds since the event loop of a master last turned, and since the oldest last report of ' +
      'a worker. Only the second line grows when a worker hangs.',
    page: 'docs/metrics.md#a-worker-that-hangs',
    unit: 's',
    queries: [
      { expression: top(max(keys, seconds)), legend: `master ${name}` },
      { expression: top(max(keys, reports)), legend: `worker ${name}` },
    ],
    steps: [{ from: 5, color: 'red' }],
  })
}

function versions(): Placed {
  const info = series('gunicorn_worker_info')
  return lines({
    ...half,
    title: 'Versions of Node.js',
    description:
      'Workers by the version of Node.js. USR2 changes the version without a failed request.',
    page: 'docs/run.md#upgrade-the-master',
    unit: 'short',
    isStacked: true,
    queries: [
      { expression: `count by (job, node_version) (${info})`, legend: '{{job}} {{node_version}}' },
    ],
  })
}
