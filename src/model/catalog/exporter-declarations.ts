import type { Declaration } from './declaration.ts'

export type ExporterMetricKey =
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
  | 'exporterCgroupMemory'
  | 'exporterCgroupMemoryLimit'
  | 'exporterPushing'
  | 'exporterPushes'
  | 'exporterPushSeconds'
  | 'exporterPushAge'
  | 'exporterPushRefusedPoints'
  | 'exporterPushRefusedMetrics'
  | 'exporterRedisConnected'
  | 'exporterRedisPublishes'
  | 'exporterRedisSeconds'
  | 'exporterRedisPeers'
  | 'exporterRedisRefused'

/** Metrics of the exporter itself. */
export const exporterDeclarations: Readonly<Record<ExporterMetricKey, Declaration>> = {
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
    help: 'Series that the exporter holds. A histogram counts as one series.',
    labels: [],
  },
  exporterCrashFiles: {
    name: 'gunicorn_exporter_crash_files_total',
    kind: 'counter',
    unit: '',
    help:
      'Counts for a sudden end, in memory or a crash file, of ended workers by result: read, ' +
      'missing, refused for invalid content, or unreadable.',
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
    help:
      'Connections of the endpoint that were evicted for newer connections, or refused for ' +
      'lack of room.',
    labels: ['reason'],
  },
  exporterCertificateExpiry: {
    name: 'gunicorn_exporter_certificate_expiry_timestamp_seconds',
    kind: 'gauge',
    unit: 's',
    help: 'Unix second at which the certificate of the endpoint expires. Absent without TLS.',
    labels: [],
  },
  exporterCgroupMemory: {
    name: 'gunicorn_exporter_cgroup_memory_bytes',
    kind: 'gauge',
    unit: 'By',
    help:
      'Memory of the cgroup of the process, without files that the kernel can drop. Absent ' +
      'without a limit.',
    labels: [],
  },
  exporterCgroupMemoryLimit: {
    name: 'gunicorn_exporter_cgroup_memory_limit_bytes',
    kind: 'gauge',
    unit: 'By',
    help:
      'Smallest memory limit of the cgroup of the process and of the groups above it. The ' +
      'kernel kills a process of a group that needs more. Absent without a limit.',
    labels: [],
  },
  exporterPushing: {
    name: 'gunicorn_exporter_pushing',
    kind: 'gauge',
    unit: '',
    help:
      '1 while OTLP push is on, 0 if pushes are off until the process starts again: /status has ' +
      'the reason. Absent without OTLP push.',
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
  exporterPushRefusedPoints: {
    name: 'gunicorn_exporter_push_refused_points_total',
    kind: 'counter',
    unit: '',
    help:
      'Data points that did not arrive because the receiver of OTLP pushes refuses them, by ' +
      'status. A data point counts at each push.',
    labels: ['status'],
  },
  exporterPushRefusedMetrics: {
    name: 'gunicorn_exporter_push_refused_metrics',
    kind: 'gauge',
    unit: '',
    help: 'Metrics that the receiver of OTLP pushes refuses, and that pushes leave out for a time.',
    labels: [],
  },
  exporterRedisConnected: {
    name: 'gunicorn_exporter_redis_connected',
    kind: 'gauge',
    unit: '',
    help: '1 while Redis answers the exporter, 0 otherwise. Absent without Redis.',
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
    help: 'Other clusters in Redis by state: live, stale, replaced, name_conflict or unread.',
    labels: ['state'],
  },
  exporterRedisRefused: {
    name: 'gunicorn_exporter_redis_refused_values_total',
    kind: 'counter',
    unit: '',
    help:
      'Values in Redis that the exporter did not trust, by reason: format, version, size, ' +
      'digest, content or limit.',
    labels: ['reason'],
  },
}
