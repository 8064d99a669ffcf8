/** A server of the application's that stands in the way of the metrics. */
export interface Stray {
  /** `port`: it wants that of the metrics endpoint. `exporter`: an OTel PrometheusExporter in a cluster worker. */
  readonly kind: 'port' | 'exporter'
  readonly port: number
  /** The process. */
  readonly who: string
}

/** What is wrong, and what to do. */
export function strayText({ kind, port, who }: Stray): string {
  return kind === 'port'
    ? `${who} wants to listen on port ${port} itself, which is the port of the metrics endpoint: only one of the two ` +
        'gets it. Remove the application’s own metrics server, or set PROMETHEUS_METRICS_PORT to another port, or ' +
        'mount metricsHandler of gunicorn-prometheus-exporter on a server of the application'
    : `${who} has an OpenTelemetry PrometheusExporter that listens on port ${port}: workers of a cluster share ` +
        'their ports, so every scrape is answered by another one, with its own share of the counts. Remove it, and ' +
        'the MeterProvider it belongs to: the metrics endpoint then shows what the application measures with ' +
        '@opentelemetry/api, of all workers. Or give it a port of its own in each worker, and scrape them all'
}
