import { preloadFlags } from '../programs/app.ts'

/** The preload of OTel, which starts an SDK in every process. */
const theirs = ['--require', '@opentelemetry/auto-instrumentations-node/register']

/** Node flags for both preloads, by the position of the preload of OTel. */
export const preloadOrders: Readonly<Record<'before ours' | 'after ours', readonly string[]>> = {
  'before ours': [...theirs, ...preloadFlags('require')],
  'after ours': [...preloadFlags('require'), ...theirs],
}

/** Metrics only, and no resource detectors, because some detectors ask a cloud that is absent. */
export const metricsAlone = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env',
} as const
