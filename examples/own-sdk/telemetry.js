import { NodeSDK } from '@opentelemetry/sdk-node'
import { clusterMetricReaders, GunicornInstrumentation } from 'gunicorn-prometheus-exporter'

// The primary and its workers load this file. The primary's PrometheusExporter, which
// clusterMetricReaders() takes from the application, shows the metrics of the whole cluster.
const sdk = new NodeSDK({
  metricReaders: clusterMetricReaders(),
  instrumentations: [new GunicornInstrumentation({ httpMetrics: true })],
})
sdk.start()
