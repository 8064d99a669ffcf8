/**
 * Every PromQL query in the documents of the Python package, in its original form. No exporter has
 * two of the names: see `rules/recording.yml`.
 */
export const documentedQueries: readonly string[] = [
  'sum(gunicorn_worker_requests_total)',
  'rate(gunicorn_worker_request_duration_seconds_sum[5m])' +
    ' / rate(gunicorn_worker_request_duration_seconds_count[5m])',
  'gunicorn_worker_memory_bytes',
  'gunicorn_worker_cpu_percent',
  'sum by (endpoint) (rate(gunicorn_worker_failed_requests[5m]))',
  'sum by (worker_id) (rate(gunicorn_worker_error_handling[5m]))',
  'sum by (reason) (rate(gunicorn_master_worker_restart_total[5m]))',
  'sum by (worker_id) (rate(gunicorn_worker_restart_total[5m]))',
  'histogram_quantile(0.95, rate(gunicorn_worker_request_size_bytes_bucket[5m]))',
  'histogram_quantile(0.99, rate(gunicorn_worker_request_duration_seconds_bucket[5m]))',
  'rate(gunicorn_worker_requests_total[5m])',
  'sum(rate(gunicorn_worker_requests_total[5m]))',
  'histogram_quantile(0.95, rate(gunicorn_worker_request_duration_seconds_bucket[5m]))',
  'rate(gunicorn_worker_failed_requests_total[5m])',
  'sum(rate(gunicorn_worker_failed_requests_total[5m]))' +
    ' / sum(rate(gunicorn_worker_requests_total[5m]))',
  'avg(gunicorn_worker_memory_bytes)',
  'avg(gunicorn_worker_cpu_percent)',
  'sum(gunicorn_worker_state{state="running"})',
  'gunicorn_worker_uptime_seconds',
]

export interface DocumentedAlert {
  readonly alert: string
  readonly expr: string
  readonly for: string
}

/** The alerts in the documents of the Python package. */
export const documentedAlerts: readonly DocumentedAlert[] = [
  {
    alert: 'HighErrorRate',
    expr:
      'sum(rate(gunicorn_worker_failed_requests_total[5m]))' +
      ' / sum(rate(gunicorn_worker_requests_total[5m])) > 0.05',
    for: '2m',
  },
  {
    alert: 'HighResponseTime',
    expr: 'histogram_quantile(0.95, rate(gunicorn_worker_request_duration_seconds_bucket[5m])) > 1',
    for: '2m',
  },
  {
    alert: 'WorkerRestarts',
    expr: 'increase(gunicorn_master_worker_restarts_total[5m]) > 0',
    for: '1m',
  },
  {
    alert: 'HighMemoryUsage',
    expr: 'avg(gunicorn_worker_memory_bytes) / 1024 / 1024 > 512',
    for: '5m',
  },
]
