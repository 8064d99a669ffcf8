// The OpenTelemetry SDK of a clustered application, in one file for the primary and its workers.
// The primary's PrometheusExporter shows the metrics of the whole cluster:
//
//   node --import ./examples/opentelemetry.mjs examples/cluster.mjs
//   curl localhost:9464/metrics
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { clusterMetricReaders, GunicornInstrumentation } from 'gunicorn-prometheus-exporter'

const { METRICS_PORT = '9464' } = process.env

const sdk = new NodeSDK({
  metricReaders: clusterMetricReaders({
    readers: (metricProducers) => [
      new PrometheusExporter({ host: '127.0.0.1', port: Number(METRICS_PORT), metricProducers }),
    ],
  }),
  instrumentations: [new GunicornInstrumentation()],
})
sdk.start()
