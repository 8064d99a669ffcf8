import type { Descriptor, MetricKind } from './metric.ts'

/** The scope of this package's own metrics. The aggregator never merges them across workers. */
export const ownScope = 'gunicorn-prometheus-exporter'

/** One `gunicorn_*` metric as data. Instruments, HELP and TYPE lines and docs/metrics.md come from it. */
export interface Declaration {
  readonly name: string
  readonly kind: MetricKind
  readonly unit: string
  readonly help: string
  readonly labels: readonly string[]
  readonly bounds?: readonly number[]
}

/** Seconds: the union of the two sets in the Python exporter's documents. */
export const durationBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60,
]
/** Bytes. */
export const sizeBounds: readonly number[] = [
  1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304,
]

export type MetricKey =
  | 'requests'
  | 'requestDuration'
  | 'requestSize'
  | 'responseSize'
  | 'responses'
  | 'failedRequests'
  | 'errorHandling'
  | 'requestsInFlight'
  | 'connections'
  | 'memory'
  | 'cpu'
  | 'uptime'
  | 'eventLoopUtilization'
  | 'eventLoopDelay'
  | 'info'
  | 'state'
  | 'reportAge'
  | 'workerRestart'
  | 'workerRestartCount'
  | 'exitMemory'
  | 'masterWorkerRestart'
  | 'masterWorkerRestartCount'
  | 'masterWorkerRestarts'
  | 'masterWorkers'
  | 'sidecarUptime'
  | 'sidecarDirectoryBytes'
  | 'sidecarDirectoryFiles'
  | 'sidecarRedisConnected'
  | 'sidecarReads'
  | 'sidecarRefused'
  | 'sidecarReadAge'
  | 'sidecarInstances'
  | 'sidecarInstanceAge'
  | 'exporterScrapes'
  | 'exporterScrapeSeconds'
  | 'exporterReports'
  | 'exporterReportBytes'
  | 'exporterSeries'
  | 'exporterCrashFiles'
  | 'exporterDroppedSeries'
  | 'exporterFaults'
  | 'exporterDroppedConnections'
  | 'exporterCertificateExpiry'
  | 'exporterPushes'
  | 'exporterPushSeconds'
  | 'exporterPushAge'
  | 'exporterRedisConnected'
  | 'exporterRedisPublishes'
  | 'exporterRedisSeconds'
  | 'exporterRedisPeers'
  | 'exporterRedisRefused'

export const catalog: Readonly<Record<MetricKey, Declaration>> = {
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
    help: 'Size of response bodies. Chunked responses count with their framing.',
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
    help: 'Open connections of the HTTP servers.',
    labels: ['worker_id'],
  },
  memory: {
    name: 'gunicorn_worker_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Resident set size of the worker process.',
    labels: ['worker_id'],
  },
  cpu: {
    name: 'gunicorn_worker_cpu_percent',
    kind: 'gauge',
    unit: '%',
    help: 'CPU time since the previous report, in percent of one core.',
    labels: ['worker_id'],
  },
  uptime: {
    name: 'gunicorn_worker_uptime_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the worker process started.',
    labels: ['worker_id'],
  },
  eventLoopUtilization: {
    name: 'gunicorn_worker_event_loop_utilization_ratio',
    kind: 'gauge',
    unit: '1',
    help: 'Share of the time since the previous report in which the event loop was busy.',
    labels: ['worker_id'],
  },
  eventLoopDelay: {
    name: 'gunicorn_worker_event_loop_delay_max_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Longest stall of the event loop since the previous report.',
    labels: ['worker_id'],
  },
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
    help: '1 for the current state of the worker, 0 for its earlier states. The timestamp is the Unix second at which the state began.',
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
    help: 'Resident set size in the last report of an ended worker, by the reason of its end.',
    labels: ['worker_id', 'reason'],
  },
  masterWorkerRestart: {
    name: 'gunicorn_master_worker_restart_total',
    kind: 'counter',
    unit: '',
    help: 'Signals that the primary received, and chld for each ended worker.',
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
  sidecarUptime: {
    name: 'gunicorn_sidecar_uptime_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the sidecar started.',
    labels: [],
  },
  sidecarDirectoryBytes: {
    name: 'gunicorn_sidecar_multiproc_dir_size_bytes',
    kind: 'gauge',
    unit: 'By',
    help: 'Total size of the files in the shared directory. Absent without a shared directory.',
    labels: [],
  },
  sidecarDirectoryFiles: {
    name: 'gunicorn_sidecar_multiproc_files_count',
    kind: 'gauge',
    unit: '',
    help: 'Number of files in the shared directory. Absent without a shared directory.',
    labels: [],
  },
  sidecarRedisConnected: {
    name: 'gunicorn_sidecar_redis_connected',
    kind: 'gauge',
    unit: '',
    help: '1 while Redis answers the sidecar, 0 otherwise. Absent without Redis.',
    labels: [],
  },
  sidecarReads: {
    name: 'gunicorn_sidecar_reads_total',
    kind: 'counter',
    unit: '',
    help: 'Reads of the origins, redis and directory, by result.',
    labels: ['origin', 'result'],
  },
  sidecarRefused: {
    name: 'gunicorn_sidecar_refused_values_total',
    kind: 'counter',
    unit: '',
    help: 'Values that the sidecar did not trust, by reason: format, version, size, digest, content, limit or owner.',
    labels: ['origin', 'reason'],
  },
  sidecarReadAge: {
    name: 'gunicorn_sidecar_read_age_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the last successful read of the origin, or since the start of the sidecar.',
    labels: ['origin'],
  },
  sidecarInstances: {
    name: 'gunicorn_sidecar_instances',
    kind: 'gauge',
    unit: '',
    help: 'Clusters and processes on the page, by state: live, stale or ended.',
    labels: ['origin', 'state'],
  },
  sidecarInstanceAge: {
    name: 'gunicorn_sidecar_instance_age_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Age of the values that the page shows for a cluster or a process.',
    labels: ['origin', 'instance'],
  },
  exporterScrapes: {
    name: 'gunicorn_exporter_scrapes_total',
    kind: 'counter',
    unit: '',
    help: 'Responses of the endpoint to requests for the page, by status code.',
    labels: ['status_code'],
  },
  exporterScrapeSeconds: {
    name: 'gunicorn_exporter_scrape_seconds_total',
    kind: 'counter',
    unit: 's',
    help: 'Time spent on collecting metrics and rendering pages.',
    labels: [],
  },
  exporterReports: {
    name: 'gunicorn_exporter_reports_total',
    kind: 'counter',
    unit: '',
    help: 'Reports received from workers, by result.',
    labels: ['result'],
  },
  exporterReportBytes: {
    name: 'gunicorn_exporter_report_bytes_total',
    kind: 'counter',
    unit: 'By',
    help: 'Size of the reports received from workers.',
    labels: [],
  },
  exporterSeries: {
    name: 'gunicorn_exporter_series',
    kind: 'gauge',
    unit: '',
    help: 'Series that the aggregator holds.',
    labels: [],
  },
  exporterCrashFiles: {
    name: 'gunicorn_exporter_crash_files_total',
    kind: 'counter',
    unit: '',
    help: 'Crash files of ended workers by result: read, missing, or refused for invalid content.',
    labels: ['result'],
  },
  exporterDroppedSeries: {
    name: 'gunicorn_exporter_dropped_series_total',
    kind: 'counter',
    unit: '',
    help: 'Series left out or folded into another series, by reason.',
    labels: ['reason'],
  },
  exporterFaults: {
    name: 'gunicorn_exporter_faults_total',
    kind: 'counter',
    unit: '',
    help: 'Faults that the exporter caught, by component.',
    labels: ['component'],
  },
  exporterDroppedConnections: {
    name: 'gunicorn_exporter_dropped_connections_total',
    kind: 'counter',
    unit: '',
    help: 'Connections of the endpoint that were evicted for newer connections, or refused for lack of room.',
    labels: ['reason'],
  },
  exporterCertificateExpiry: {
    name: 'gunicorn_exporter_certificate_expiry_timestamp_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Unix second at which the certificate of the endpoint expires. Absent without TLS.',
    labels: [],
  },
  exporterPushes: {
    name: 'gunicorn_exporter_pushes_total',
    kind: 'counter',
    unit: '',
    help: 'OTLP pushes by result: success or failure. Absent without OTLP push.',
    labels: ['result'],
  },
  exporterPushSeconds: {
    name: 'gunicorn_exporter_push_seconds_total',
    kind: 'counter',
    unit: 's',
    help: 'Time spent on OTLP pushes, with the wait for the receiver.',
    labels: [],
  },
  exporterPushAge: {
    name: 'gunicorn_exporter_push_age_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Time since the last successful OTLP push, or since the start of the exporter.',
    labels: [],
  },
  exporterRedisConnected: {
    name: 'gunicorn_exporter_redis_connected',
    kind: 'gauge',
    unit: '',
    help: '1 while the exporter is connected to Redis, 0 otherwise. Absent without Redis.',
    labels: [],
  },
  exporterRedisPublishes: {
    name: 'gunicorn_exporter_redis_publishes_total',
    kind: 'counter',
    unit: '',
    help: 'Round trips to Redis by result: success or failure. Absent without Redis.',
    labels: ['result'],
  },
  exporterRedisSeconds: {
    name: 'gunicorn_exporter_redis_seconds_total',
    kind: 'counter',
    unit: 's',
    help: 'Time spent on round trips to Redis, with the wait for Redis.',
    labels: [],
  },
  exporterRedisPeers: {
    name: 'gunicorn_exporter_redis_peers',
    kind: 'gauge',
    unit: '',
    help: 'Other clusters in Redis by state: live, stale, replaced or name_conflict.',
    labels: ['state'],
  },
  exporterRedisRefused: {
    name: 'gunicorn_exporter_redis_refused_values_total',
    kind: 'counter',
    unit: '',
    help: 'Values in Redis that the exporter did not trust, by reason: format, version, size, digest, content or limit.',
    labels: ['reason'],
  },
}

export function descriptorOf(declaration: Declaration): Descriptor {
  const { name, kind, unit, help, bounds } = declaration
  const descriptor = { name, kind, unit, description: help, scope: ownScope }
  return bounds ? { ...descriptor, bounds } : descriptor
}
