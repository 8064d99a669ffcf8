import { preloadFlags } from '../programs/app.ts'

/** OTel's own preload, which brings an SDK into every process. */
const theirs = ['--require', '@opentelemetry/auto-instrumentations-node/register']

/** Node's flags for both preloads, by the place of theirs. */
export const preloadOrders: Readonly<Record<'before ours' | 'after ours', readonly string[]>> = {
  'before ours': [...theirs, ...preloadFlags('require')],
  'after ours': [...preloadFlags('require'), ...theirs],
}

/** Nothing but metrics of theirs, and nobody asked what machine this is: some would ask clouds that are not there. */
export const metricsAlone = {
  OTEL_TRACES_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  OTEL_NODE_RESOURCE_DETECTORS: 'env',
} as const
