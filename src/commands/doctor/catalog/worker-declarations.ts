import type { Declaration } from './declaration.ts'

const workers = { check: 'workers', page: 'troubleshooting.md#a-hang' } as const

export type WorkerFindingId =
  | 'worker-hanging'
  | 'worker-held'
  | 'worker-stopped'
  | 'primary-hanging'
  | 'primary-held'
  | 'worker-report-old'
  | 'worker-without-reports'
  | 'no-worker-listens'
  | 'workers-crash'
  | 'series-dropped'
  | 'exporter-faults'
  | 'redis-of-process'
  | 'push-of-process'
  | 'origin-fails'
  | 'counts-in-files'
  | 'counts-nowhere'

/** Findings about what `/status` tells. */
export const workerDeclarations: Readonly<Record<WorkerFindingId, Declaration>> = {
  'worker-hanging': {
    ...workers,
    level: 'problem',
    meaning: 'The event loop of a worker stands still, and no stack is taken.',
    remedy:
      'Set GUNICORN_HANG_STACKS=5 and restart, to see the line of code. `kill {pid}` ends the ' +
      'worker now, and `run --timeout` replaces such workers by itself.',
  },
  'worker-held': {
    ...workers,
    level: 'problem',
    page: 'hang-stacks.md',
    meaning: 'The event loop of a worker stands still, and the code that holds it is known.',
    remedy:
      'Correct the code that the finding names. `kill {pid}` ends the worker now, and ' +
      '`run --timeout` replaces such workers by itself.',
  },
  'worker-stopped': {
    ...workers,
    level: 'problem',
    meaning: 'A signal or a debugger has stopped a worker.',
    remedy: 'Run `kill -CONT {pid}`, or detach the debugger.',
  },
  'primary-hanging': {
    ...workers,
    level: 'problem',
    page: 'troubleshooting.md#a-primary-that-hangs',
    meaning: 'The event loop of the primary stands still, and no stack is taken.',
    remedy: 'Set GUNICORN_HANG_STACKS=5, restart, and read the stack in `/status`.',
  },
  'primary-held': {
    ...workers,
    level: 'problem',
    page: 'hang-stacks.md',
    meaning: 'The event loop of the primary stands still, and the code that holds it is known.',
    remedy: 'Correct the code that the finding names.',
  },
  'worker-report-old': {
    ...workers,
    level: 'warning',
    page: 'troubleshooting.md#the-page-lacks-something',
    meaning: 'The last report of a worker is older than 10 seconds.',
    remedy: 'See whether the worker has CPU time, and read stderr.',
  },
  'worker-without-reports': {
    ...workers,
    level: 'problem',
    page: 'troubleshooting.md#the-page-lacks-something',
    meaning: 'A worker listens and has sent no report for 10 seconds.',
    remedy:
      'Start the primary with NODE_OPTIONS="--require gunicorn-prometheus-exporter/register".',
  },
  'no-worker-listens': {
    ...workers,
    level: 'problem',
    page: 'troubleshooting.md#a-crash-loop',
    meaning: 'No worker takes requests.',
    remedy: 'Read stderr of the application, and `deaths` in `/status`.',
  },
  'workers-crash': {
    ...workers,
    level: 'problem',
    page: 'troubleshooting.md#a-crash-loop',
    meaning: 'Three or more workers have crashed in the last 10 minutes.',
    remedy: 'Read the error of the last death in `/status`.',
  },
  'series-dropped': {
    ...workers,
    level: 'warning',
    page: 'troubleshooting.md#the-page-lacks-something',
    meaning: 'A limit has left out series.',
    remedy: 'Find the reason in gunicorn_exporter_dropped_series_total.',
  },
  'exporter-faults': {
    ...workers,
    level: 'note',
    page: 'troubleshooting.md#the-exporter-itself',
    meaning: 'Since its start, the exporter has caught faults of its own or of the application.',
    remedy: 'Read stderr: a line names each fault.',
  },
  'redis-of-process': {
    ...workers,
    level: 'problem',
    page: 'troubleshooting.md#redis-down',
    meaning: 'The running process does not reach Redis.',
    remedy: 'See the findings of the check `redis`, and compare the settings of the process.',
  },
  'push-of-process': {
    ...workers,
    level: 'problem',
    page: 'troubleshooting.md#collector-away',
    meaning: 'The pushes of the running process fail, or are off.',
    remedy: 'See the findings of the check `otlp`, and compare the settings of the process.',
  },
  'origin-fails': {
    ...workers,
    level: 'problem',
    page: 'sidecar.md',
    meaning: 'The sidecar cannot read Redis or its directory.',
    remedy: 'Mend the cause that the finding names.',
  },
  'counts-in-files': {
    ...workers,
    level: 'note',
    page: 'limits.md#where-counts-live',
    meaning: 'Workers keep their counts in files, which cost more than counts in memory.',
    remedy: 'Nothing is wrong. Remove the reason that the finding names, to use memory.',
  },
  'counts-nowhere': {
    ...workers,
    level: 'note',
    page: 'limits.md#where-counts-live',
    meaning: 'Workers keep their counts neither in memory nor in files.',
    remedy: 'SIGKILL loses up to a second of counts. Remove the reason that the finding names.',
  },
}
