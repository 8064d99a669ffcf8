import { DemoError } from './demo-error.mjs'
import { parsePage, select, sum } from './page.mjs'

/** Throws until the given number of workers listens. */
export function isServing(text, workers) {
  const listening = sum(parsePage(text), 'gunicorn_master_workers', { state: 'listening' })
  if (listening < workers) {
    throw new DemoError(`${listening} of ${workers} workers are listening.`)
  }
}

/** The values of every worker on the page, and their totals. */
export function summarize(text) {
  const samples = parsePage(text)
  const ids = select(samples, 'gunicorn_worker_requests_total').map(
    ({ labels }) => labels.worker_id,
  )
  return {
    workers: ids.map((id) => ({ id, ...identity(samples, id), ...figures(samples, id) })),
    total: figures(samples),
  }
}

function identity(samples, id) {
  const own = { worker_id: id }
  const [info] = select(samples, 'gunicorn_worker_info', own)
  const state = select(samples, 'gunicorn_worker_state', own).find(({ value }) => value === 1)
  const ending = select(samples, 'gunicorn_worker_restart_total', own).find(
    ({ value }) => value === 1,
  )
  return {
    pid: info?.labels.pid,
    state: state?.labels.state,
    endedBy: ending?.labels.reason,
    reportAge: sum(samples, 'gunicorn_worker_report_age_seconds', own),
    loopDelay: sum(samples, 'gunicorn_worker_event_loop_delay_max_seconds', own),
  }
}

function figures(samples, id) {
  const own = id === undefined ? {} : { worker_id: id }
  const buckets = select(samples, 'gunicorn_worker_request_duration_seconds_bucket', own)
  return {
    requests: sum(samples, 'gunicorn_worker_requests_total', own),
    failed: sum(samples, 'gunicorn_worker_failed_requests_total', own),
    p50: quantile(0.5, buckets),
    p95: quantile(0.95, buckets),
    memory: sum(samples, 'gunicorn_worker_memory_bytes', own),
    cpu: sum(samples, 'gunicorn_worker_cpu_percent', own),
  }
}

/** Estimates like PromQL's `histogram_quantile`: values are spread evenly within a bucket. */
function quantile(share, samples) {
  const counts = new Map()
  for (const { labels, value } of samples) {
    const bound = Number(labels.le.replace('Inf', 'Infinity'))
    counts.set(bound, (counts.get(bound) ?? 0) + value)
  }
  const rank = share * (counts.get(Number.POSITIVE_INFINITY) ?? 0)
  let lower = { bound: 0, count: 0 }
  for (const [bound, count] of counts) {
    if (count >= rank && count > lower.count) {
      if (bound === Number.POSITIVE_INFINITY) return lower.bound
      const within = (rank - lower.count) / (count - lower.count)
      return lower.bound + within * (bound - lower.bound)
    }
    lower = { bound, count }
  }
  return Number.NaN
}
