import type { Declaration } from './declaration.ts'

export type MasterMetricKey =
  | 'masterWorkerRestart'
  | 'masterWorkerRestartCount'
  | 'masterWorkerRestarts'
  | 'masterWorkers'
  | 'masterSilence'

/** Metrics of the primary. */
export const masterDeclarations: Readonly<Record<MasterMetricKey, Declaration>> = {
  masterWorkerRestart: {
    name: 'gunicorn_master_worker_restart_total',
    kind: 'counter',
    unit: '',
    help: 'Signals that the primary, or a process without workers, received. chld: ended workers.',
    labels: ['reason'],
  },
  masterWorkerRestartCount: {
    name: 'gunicorn_master_worker_restart_count_total',
    kind: 'counter',
    unit: '',
    help: 'Ends of workers that the primary saw, by worker, reason and type.',
    labels: ['worker_id', 'reason', 'restart_type'],
  },
  masterWorkerRestarts: {
    name: 'gunicorn_master_worker_restarts_total',
    kind: 'counter',
    unit: '',
    help: 'Workers that the primary forked to replace ended workers.',
    labels: [],
  },
  masterWorkers: {
    name: 'gunicorn_master_workers',
    kind: 'gauge',
    unit: '',
    help: 'Workers by state: configured, live or listening.',
    labels: ['state'],
  },
  masterSilence: {
    name: 'gunicorn_master_event_loop_silence_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the event loop of the primary last turned. Below 1 while the primary runs.',
    labels: [],
  },
}
