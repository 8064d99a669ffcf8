import type { Frame } from '../../panel.ts'
import type { LinesSpec } from '../../panels.ts'
import { lines, type Placed } from '../../panels.ts'
import { max, quantile, rate, series, sum, top, workerMatcher } from '../../promql.ts'

export const page = 'docs/metrics.md#workers'

export const name = '{{instance}} {{worker_id}}'

export const keys = 'job, instance, worker_id'

export const third: Frame = { width: 8, height: 8, page, python: 'none' }

export function ofWorker(metric: string, ...matchers: readonly string[]): string {
  return series(metric, workerMatcher, ...matchers)
}

export function rateOf(metric: string, ...matchers: readonly string[]): string {
  return rate(metric, workerMatcher, ...matchers)
}

/** Without further labels, such as the `pid` of the Python package. */
export function each(expression: string): string {
  return max(keys, expression)
}

/** The share of one metric in another. */
export function shareOf(part: string, whole: string): string {
  return `${ofWorker(part)} / ${ofWorker(whole)}`
}

export const heapShare: string = shareOf(
  'gunicorn_worker_heap_used_bytes',
  'gunicorn_worker_heap_limit_bytes',
)

export const requestRate: string = sum(keys, rateOf('gunicorn_worker_requests_total'))

export const delay: string = quantile(0.99, {
  metric: 'gunicorn_worker_event_loop_delay_seconds',
  labels: keys,
  matchers: [workerMatcher],
})

export const loadSteps = [
  { from: 0.7, color: 'yellow' },
  { from: 0.9, color: 'red' },
] as const

export const delaySteps = [
  { from: 0.1, color: 'yellow' },
  { from: 1, color: 'red' },
] as const

type Line = Pick<LinesSpec, 'title' | 'description' | 'unit'> &
  Partial<LinesSpec> & { readonly expression: string }

/** Lines of the workers with the highest values. */
export function byWorker({ expression, ...spec }: Line): Placed {
  return lines({ ...third, queries: [{ expression: top(expression), legend: name }], ...spec })
}
