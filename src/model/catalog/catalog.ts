import type { Declaration } from './declaration.ts'
import { type ExporterMetricKey, exporterDeclarations } from './exporter-declarations.ts'
import { type HttpMetricKey, httpDeclarations } from './http-declarations.ts'
import { type MasterMetricKey, masterDeclarations } from './master-declarations.ts'
import { type SidecarMetricKey, sidecarDeclarations } from './sidecar-declarations.ts'
import { type WorkerMetricKey, workerDeclarations } from './worker-declarations.ts'

export type MetricKey =
  | WorkerMetricKey
  | HttpMetricKey
  | MasterMetricKey
  | SidecarMetricKey
  | ExporterMetricKey

/** All metrics of this package, in the order of docs/metrics.md. */
export const catalog: Readonly<Record<MetricKey, Declaration>> = {
  ...workerDeclarations,
  ...httpDeclarations,
  ...masterDeclarations,
  ...sidecarDeclarations,
  ...exporterDeclarations,
}
