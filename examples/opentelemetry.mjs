// The OpenTelemetry SDK of a clustered application, in one file for the primary and its workers.
// The primary's PrometheusExporter, which clusterMetricReaders() takes from the application, shows
// the metrics of the whole cluster:
//
//   npm install @opentelemetry/sdk-node @opentelemetry/exporter-prometheus
//   node --import ./examples/opentelemetry.mjs examples/cluster.mjs
//   curl localhost:9091/metrics
import { NodeSDK } from '@opentelemetry/sdk-node'
import { clusterMetricReaders, GunicornInstrumentation } from 'gunicorn-prometheus-exporter'

const sdk = new NodeSDK({
  metricReaders: clusterMetricReaders(),
  instrumentations: [new GunicornInstrumentation()],
})
sdk.start()
