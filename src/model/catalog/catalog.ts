import type { Declaration } from './declaration.ts'
import { type ExporterMetricKey, exporterMetrics } from './exporter-metrics.ts'
import { type MasterMetricKey, masterMetrics } from './master-metrics.ts'
import { type SidecarMetricKey, sidecarMetrics } from './sidecar-metrics.ts'
import { type WorkerMetricKey, workerMetrics } from './worker-metrics.ts'

export type MetricKey = WorkerMetricKey | MasterMetricKey | SidecarMetricKey | ExporterMetricKey

/** All `gunicorn_*` metrics, in the order of docs/metrics.md. */
export const catalog: Readonly<Record<MetricKey, Declaration>> = {
  ...workerMetrics,
  ...masterMetrics,
  ...sidecarMetrics,
  ...exporterMetrics,
}
