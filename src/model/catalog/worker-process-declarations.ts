import { delayBounds } from './bounds.ts'
import type { Declaration } from './declaration.ts'

export type WorkerProcessMetricKey =
  | 'memory'
  | 'heapUsed'
  | 'heapTotal'
  | 'heapLimit'
  | 'externalMemory'
  | 'arrayBuffers'
  | 'gcCollections'
  | 'gcSeconds'
  | 'cpu'
  | 'cpuSeconds'
  | 'uptime'
  | 'startTime'
  | 'eventLoopUtilization'
  | 'eventLoopSeconds'
  | 'eventLoopDelay'
  | 'eventLoopDelays'
  | 'openFds'
  | 'maxFds'
  | 'activeResources'

/** Metrics of a worker's process: memory, CPU, event loop and descriptors. */
export const workerProcessDeclarations: Readonly<Record<WorkerProcessMetricKey, Declaration>> = {
  memory: {
    name: 'gunicorn_worker_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Resident set size of the worker process. While the worker hangs, from the kernel.',
    labels: ['worker_id'],
  },
  heapUsed: {
    name: 'gunicorn_worker_heap_used_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Memory in use by the JavaScript heap.',
    labels: ['worker_id'],
  },
  heapTotal: {
    name: 'gunicorn_worker_heap_total_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Memory that V8 has reserved for the JavaScript heap.',
    labels: ['worker_id'],
  },
  heapLimit: {
    name: 'gunicorn_worker_heap_limit_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Largest JavaScript heap that V8 allows. V8 ends a process that needs more.',
    labels: ['worker_id'],
  },
  externalMemory: {
    name: 'gunicorn_worker_external_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Memory outside the JavaScript heap that JavaScript objects own, with array buffers.',
    labels: ['worker_id'],
  },
  arrayBuffers: {
    name: 'gunicorn_worker_array_buffers_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Memory of array buffers and of Buffer objects.',
    labels: ['worker_id'],
  },
  gcCollections: {
    name: 'gunicorn_worker_gc_collections_total',
    kind: 'counter',
    unit: '',
    help: 'Garbage collections by kind: major, minor, incremental or weakcb.',
    labels: ['worker_id', 'kind'],
  },
  gcSeconds: {
    name: 'gunicorn_worker_gc_seconds_total',
    kind: 'counter',
    unit: 's',
    help: 'Time that garbage collections stopped the main thread, by kind.',
    labels: ['worker_id', 'kind'],
  },
  cpu: {
    name: 'gunicorn_worker_cpu_percent',
    kind: 'gauge',
    unit: '%',
    help:
      'CPU time since the previous report, in percent of one core. While the worker hangs, from ' +
      'the kernel.',
    labels: ['worker_id'],
  },
  cpuSeconds: {
    name: 'gunicorn_worker_cpu_seconds_total',
    kind: 'counter',
    unit: 's',
    help: 'CPU time of the worker process with all its threads, by mode: user or system.',
    labels: ['worker_id', 'mode'],
  },
  uptime: {
    name: 'gunicorn_worker_uptime_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the worker process started.',
    labels: ['worker_id'],
  },
  startTime: {
    name: 'gunicorn_worker_start_time_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Unix time at which the worker process started.',
    labels: ['worker_id'],
  },
  eventLoopUtilization: {
    name: 'gunicorn_worker_event_loop_utilization_ratio',
    kind: 'gauge',
    unit: '1',
    help: 'Share of the time since the previous report in which the event loop was busy.',
    labels: ['worker_id'],
  },
  eventLoopSeconds: {
    name: 'gunicorn_worker_event_loop_seconds_total',
    kind: 'counter',
    unit: 's',
    help: 'Time of the event loop by state: active, or idle while it waits for events.',
    labels: ['worker_id', 'state'],
  },
  eventLoopDelay: {
    name: 'gunicorn_worker_event_loop_delay_max_seconds',
    kind: 'gauge',
    unit: 's',
    help:
      'Longest stall of the event loop in about the last minute, with a stall that has not ' +
      'ended.',
    labels: ['worker_id'],
  },
  eventLoopDelays: {
    name: 'gunicorn_worker_event_loop_delay_seconds',
    kind: 'histogram',
    unit: 's',
    help: 'Delay of the event loop, sampled every 50 ms. A stall is one sample.',
    labels: ['worker_id'],
    bounds: delayBounds,
  },
  openFds: {
    name: 'gunicorn_worker_open_fds',
    kind: 'gauge',
    unit: '',
    help: 'Open file descriptors of the worker process. Absent without /proc.',
    labels: ['worker_id'],
  },
  maxFds: {
    name: 'gunicorn_worker_max_fds',
    kind: 'gauge',
    unit: '',
    help: 'Most file descriptors that the worker process may open. Absent without /proc.',
    labels: ['worker_id'],
  },
  activeResources: {
    name: 'gunicorn_worker_active_resources',
    kind: 'gauge',
    unit: '',
    help: 'Resources that keep the event loop alive, such as sockets, requests and timers.',
    labels: ['worker_id'],
  },
}
