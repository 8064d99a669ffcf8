import { type CodedText, coded } from './errors/coded-text.ts'

/** A server of the application that conflicts with the metrics endpoint. */
export interface ServerConflict {
  /**
   * `port`: the server uses the port of the metrics endpoint.
   * `exporter`: the server belongs to an OTel PrometheusExporter in a cluster worker.
   */
  readonly kind: 'port' | 'exporter'
  readonly port: number
  /** The process, for example `worker 3 (pid 42)`. */
  readonly subject: string
  /** The setting of the endpoint's port, as the user wrote its name. */
  readonly setting: string
}

/** The warning for the operator: the problem and the remedies. */
export function conflictText({ kind, port, subject, setting }: ServerConflict): CodedText {
  return kind === 'port'
    ? coded(
        'GPE_PORT_OF_APPLICATION',
        `${subject} wants to listen on port ${port} itself, which is the port of the metrics ` +
          'endpoint: only one of the two can listen. Remove the application’s own metrics ' +
          `server, or set ${setting} to another port, or mount metricsHandler of ` +
          'gunicorn-prometheus-exporter on a server of the application',
      )
    : coded(
        'GPE_EXPORTER_IN_WORKER',
        `${subject} has an OpenTelemetry PrometheusExporter that listens on port ${port}: the ` +
          'workers of a cluster share their ports, so each scrape reaches a random worker and ' +
          'gets the counts of that worker only. Remove the exporter and its MeterProvider: the ' +
          'metrics endpoint then shows what the application measures with @opentelemetry/api in ' +
          'all workers. Or give the exporter its own port in each worker and scrape each port',
      )
}
