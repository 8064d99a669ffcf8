import type { Placed } from '../../panels.ts'
import { sum } from '../../promql.ts'
import {
  byWorker,
  delay,
  delaySteps,
  each,
  heapShare,
  keys,
  loadSteps,
  ofWorker,
  rateOf,
  shareOf,
} from './of-worker.ts'

export function processor(): Placed[] {
  return [
    byWorker({
      title: 'CPU',
      description: 'In percent of one core.',
      unit: 'percent',
      python: { partly: 'the CPU of the master.' },
      expression: each(ofWorker('gunicorn_worker_cpu_percent')),
    }),
    byWorker({
      title: 'CPU seconds',
      description: 'Cores in use, from a counter: nothing between two scrapes is missed.',
      unit: 'short',
      expression: sum(keys, rateOf('gunicorn_worker_cpu_seconds_total')),
    }),
    ...eventLoop(),
  ]
}

function eventLoop(): Placed[] {
  const active = rateOf('gunicorn_worker_event_loop_seconds_total', 'state="active"')
  const collections = rateOf('gunicorn_worker_gc_seconds_total')
  return [
    byWorker({
      title: 'Event loop, busy share',
      description: 'At 100 %, the worker can take no more work.',
      page: 'docs/metrics.md#between-two-scrapes',
      unit: 'percentunit',
      max: 1,
      steps: loadSteps,
      expression: sum(keys, active),
    }),
    byWorker({
      title: 'Event loop delay, p99',
      description: '99 % of the samples are below. Above: code that does not return to the loop.',
      page: 'docs/metrics.md#between-two-scrapes',
      unit: 's',
      steps: delaySteps,
      expression: delay,
    }),
    byWorker({
      title: 'Longest stall',
      description: 'The longest stall of the event loop in about the last minute.',
      page: 'docs/metrics.md#between-two-scrapes',
      unit: 's',
      steps: delaySteps,
      expression: each(ofWorker('gunicorn_worker_event_loop_delay_max_seconds')),
    }),
    byWorker({
      title: 'Garbage collection',
      description: 'Share of the time in which garbage collections stop the main thread.',
      unit: 'percentunit',
      expression: sum(keys, collections),
    }),
  ]
}

const descriptorShare = shareOf('gunicorn_worker_open_fds', 'gunicorn_worker_max_fds')

export function resources(): Placed[] {
  return [
    byWorker({
      title: 'Memory',
      description: 'Resident memory of the process.',
      unit: 'bytes',
      python: { partly: 'the memory of the master.' },
      expression: each(ofWorker('gunicorn_worker_memory_bytes')),
    }),
    byWorker({
      title: 'Heap in use',
      description: 'Memory of JavaScript objects.',
      unit: 'bytes',
      expression: each(ofWorker('gunicorn_worker_heap_used_bytes')),
    }),
    byWorker({
      title: 'Heap, share of the limit',
      description: 'At 100 %, V8 ends the process. The end has the reason "heap".',
      page: 'docs/limits.md#the-reason-heap',
      unit: 'percentunit',
      max: 1,
      steps: loadSteps,
      expression: each(heapShare),
    }),
    byWorker({
      title: 'Memory outside the heap',
      description: 'Buffers and other memory that JavaScript objects own.',
      unit: 'bytes',
      expression: each(ofWorker('gunicorn_worker_external_memory_bytes')),
    }),
    byWorker({
      title: 'Descriptors, share of the limit',
      description: 'Open files and sockets. Absent without /proc.',
      unit: 'percentunit',
      max: 1,
      steps: loadSteps,
      expression: each(descriptorShare),
    }),
    byWorker({
      title: 'Active resources',
      description: 'Sockets, requests and timers. A line that only grows is a leak.',
      unit: 'short',
      expression: each(ofWorker('gunicorn_worker_active_resources')),
    }),
  ]
}
