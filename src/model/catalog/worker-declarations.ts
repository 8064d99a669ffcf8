import { durationBounds, sizeBounds } from './bounds.ts'
import type { Declaration } from './declaration.ts'
import {
  type WorkerProcessMetricKey,
  workerProcessDeclarations,
} from './worker-process-declarations.ts'

export type WorkerMetricKey =
  | WorkerProcessMetricKey
  | 'requests'
  | 'requestDuration'
  | 'requestSize'
  | 'responseSize'
  | 'responses'
  | 'failedRequests'
  | 'errorHandling'
  | 'requestsInFlight'
  | 'connections'
  | 'listening'
  | 'info'
  | 'state'
  | 'reportAge'
  | 'workerRestart'
  | 'workerRestartCount'
  | 'exitMemory'

/** Metrics of each worker. */
export const workerDeclarations: Readonly<Record<WorkerMetricKey, Declaration>> = {
  requests: {
    name: 'gunicorn_worker_requests_total',
    kind: 'counter',
    unit: '',
    help: 'Requests that ended: the response finished, or the connection closed early.',
    labels: ['worker_id'],
  },
  requestDuration: {
    name: 'gunicorn_worker_request_duration_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'Time from the parsed request head to the finished response or the closed connection.',
    labels: ['worker_id'],
    bounds: durationBounds,
  },
  requestSize: {
    name: 'gunicorn_worker_request_size_bytes',
    kind: 'histogram',
    unit: 'By',
    help: 'Size of request bodies.',
    labels: ['worker_id'],
    bounds: sizeBounds,
  },
  responseSize: {
    name: 'gunicorn_worker_response_size_bytes',
    kind: 'histogram',
    unit: 'By',
    help: 'Size of response bodies. Each chunk after the first adds its framing of 5 to 12 bytes.',
    labels: ['worker_id'],
    bounds: sizeBounds,
  },
  responses: {
    name: 'gunicorn_worker_responses_total',
    kind: 'counter',
    unit: '',
    help: 'Finished responses by status code.',
    labels: ['worker_id', 'status_code'],
  },
  failedRequests: {
    name: 'gunicorn_worker_failed_requests_total',
    kind: 'counter',
    unit: '',
    help: 'Requests that ended with status 400 or above, by an abort, or by an error.',
    labels: ['worker_id', 'method', 'endpoint', 'error_type', 'status_code'],
  },
  errorHandling: {
    name: 'gunicorn_worker_error_handling_total',
    kind: 'counter',
    unit: '',
    help: 'Errors that the server handled, such as parse errors and other client errors.',
    labels: ['worker_id', 'method', 'endpoint', 'error_type'],
  },
  requestsInFlight: {
    name: 'gunicorn_worker_requests_in_flight',
    kind: 'gauge',
    unit: '',
    help: 'Requests that the worker is answering.',
    labels: ['worker_id'],
  },
  connections: {
    name: 'gunicorn_worker_connections',
    kind: 'gauge',
    unit: '',
    help:
      'Open connections of the HTTP servers, with upgraded connections and sockets from another ' +
      'process.',
    labels: ['worker_id'],
  },
  listening: {
    name: 'gunicorn_worker_listening',
    kind: 'gauge',
    unit: '',
    help:
      '1 while a server of the worker takes connections, 0 otherwise. A server takes connections ' +
      'while it listens, or from the first socket that another process hands over.',
    labels: ['worker_id'],
  },
  ...workerProcessDeclarations,
  info: {
    name: 'gunicorn_worker_info',
    kind: 'gauge',
    unit: '',
    help: 'Always 1. The labels describe the worker process.',
    labels: ['worker_id', 'pid', 'node_version'],
  },
  state: {
    name: 'gunicorn_worker_state',
    kind: 'gauge',
    unit: '',
    help:
      '1 for the current state of the worker, 0 for its other states so far. The timestamp is ' +
      'the Unix second at which the state began.',
    labels: ['worker_id', 'state', 'timestamp'],
  },
  reportAge: {
    name: 'gunicorn_worker_report_age_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the last report of a live worker. It grows while the worker hangs.',
    labels: ['worker_id'],
  },
  workerRestart: {
    name: 'gunicorn_worker_restart_total',
    kind: 'counter',
    unit: '',
    help: 'Ends of this worker by reason.',
    labels: ['worker_id', 'reason'],
  },
  workerRestartCount: {
    name: 'gunicorn_worker_restart_count_total',
    kind: 'counter',
    unit: '',
    help: 'Ends of this worker by type and reason.',
    labels: ['worker_id', 'restart_type', 'reason'],
  },
  exitMemory: {
    name: 'gunicorn_worker_exit_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help:
      'Last known resident set size of an ended worker, by the reason of its end. The size is ' +
      'from the last report, or from a later reading of the kernel.',
    labels: ['worker_id', 'reason'],
  },
}
