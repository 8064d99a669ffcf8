import { checkPreloadedEntry } from './preload/advice/preloaded-entry.ts'

export { recordError, setRoute } from './collect/http/request-routes.ts'
export { ConfigError } from './config/config-error.ts'
export { type ConfigOptions, loadConfig } from './config/resolve/load-config.ts'
export type { DiagLevel, Settings } from './config/settings.ts'
export type { Secret } from './config/table/secret.ts'
export { version } from './model/version.ts'
export { forwarderStatus } from './preload/forwarder-status.ts'
export { metricsHandler } from './preload/metrics-handler.ts'
export { ClusterMetricProducer, type ClusterMetricSource } from './sdk/cluster-metric-producer.ts'
export {
  ClusterMetricReader,
  type ClusterMetricReaderOptions,
} from './sdk/cluster-metric-reader.ts'
export {
  type AnyMetricReader,
  type ClusterMetricReadersOptions,
  clusterMetricReaders,
} from './sdk/cluster-metric-readers.ts'
export { ClusterTotals, type ClusterTotalsOptions } from './sdk/cluster-totals.ts'
export {
  GunicornInstrumentation,
  type GunicornInstrumentationConfig,
  type InstrumentationConfig,
} from './sdk/instrumentation.ts'
export type { ForwarderStatus } from './share/sharing-status.ts'

checkPreloadedEntry()
