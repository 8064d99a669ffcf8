import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'

/** Sends metrics in OTLP, in protobuf over HTTP. Rejects if the receiver refuses the metrics. */
export async function sendOtlp(endpoint: string, metrics: ResourceMetrics): Promise<void> {
  const exporter = new OTLPMetricExporter({ url: `http://${endpoint}/v1/metrics` })
  try {
    await new Promise<void>((resolve, reject) => {
      exporter.export(metrics, ({ code, error }) => {
        if (code === 0) resolve()
        else reject(error ?? new Error(`export ended with code ${code}`))
      })
    })
  } finally {
    await exporter.shutdown()
  }
}
