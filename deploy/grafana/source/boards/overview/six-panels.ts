import { lines, type Placed } from '../../panels.ts'
import { mean, quantile, rate, series, share, sum, top } from '../../promql.ts'
import { durations, failures, live, requests, third } from './of-service.ts'

export function requestRate(): Placed {
  return lines({
    ...third,
    title: 'Request rate',
    description: 'Requests per second of each instance.',
    page: 'docs/metrics.md#workers',
    python: { partly: 'requests that raise an exception are missing.' },
    unit: 'reqps',
    queries: [{ expression: top(sum('job, instance', requests)), legend: '{{job}} {{instance}}' }],
  })
}

export function responseTime(): Placed {
  const histogram = { metric: durations, labels: 'job' }
  return lines({
    ...third,
    title: 'Response time',
    description: 'The mean and the 95th percentile of each job.',
    page: 'docs/metrics.md#workers',
    python: 'data',
    unit: 's',
    queries: [
      { expression: top(quantile(0.95, histogram)), legend: '{{job}} p95' },
      { expression: top(mean(histogram)), legend: '{{job}} mean' },
    ],
  })
}

export function errorRate(): Placed {
  const expression = share(sum('job', rate(failures)), sum('job', requests))
  return lines({
    ...third,
    title: 'Error rate',
    description:
      'Failed requests per request, with 4xx, 5xx and aborted requests. The share of 5xx alone ' +
      'is above.',
    page: 'docs/metrics.md#workers',
    python: { partly: 'the share can be above 100 %, because failures are not requests there.' },
    unit: 'percentunit',
    queries: [{ expression: top(expression), legend: '{{job}}' }],
  })
}

export function memory(): Placed {
  const bytes = series('gunicorn_worker_memory_bytes')
  return lines({
    ...third,
    title: 'Memory usage',
    description: 'Resident memory: of all workers of a job, and of the largest worker.',
    page: 'docs/metrics.md#workers',
    python: { partly: 'each worker shows the memory of the master.' },
    unit: 'bytes',
    queries: [
      { expression: top(sum('job', bytes)), legend: '{{job}} all workers' },
      { expression: top(`max by (job) (${bytes})`), legend: '{{job}} largest worker' },
    ],
    more: { title: 'Workers', uid: 'gunicorn-workers' },
  })
}

export function cpu(): Placed {
  const percent = series('gunicorn_worker_cpu_percent')
  return lines({
    ...third,
    title: 'CPU usage',
    description:
      'In percent of one core: the mean of the workers of a job, and the busiest worker.',
    page: 'docs/metrics.md#workers',
    python: { partly: 'each worker shows the CPU of the master.' },
    unit: 'percent',
    queries: [
      { expression: top(`avg by (job) (${percent})`), legend: '{{job}} mean' },
      { expression: top(`max by (job) (${percent})`), legend: '{{job}} busiest worker' },
    ],
    more: { title: 'Workers', uid: 'gunicorn-workers' },
  })
}

export function activeWorkers(): Placed {
  const state = (name: string): string =>
    sum('job', series('gunicorn_master_workers', `state="${name}"`))
  return lines({
    ...third,
    title: 'Active workers',
    description: 'Workers that live, that listen, and that are configured.',
    page: 'docs/metrics.md#workers-that-listen',
    python: { partly: 'only live workers, with ended workers among them.' },
    unit: 'short',
    queries: [
      { expression: top(sum('job', live)), legend: '{{job}} live' },
      { expression: top(state('listening')), legend: '{{job}} listening' },
      { expression: top(state('configured')), legend: '{{job}} configured' },
    ],
  })
}
