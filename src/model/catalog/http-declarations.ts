import { httpDurationBounds, sizeBounds } from './bounds.ts'
import type { Declaration } from './declaration.ts'

export type HttpMetricKey =
  | 'httpRequestDuration'
  | 'httpActiveRequests'
  | 'httpRequestBodySize'
  | 'httpResponseBodySize'

const labels = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'error.type',
  'network.protocol.version',
  'url.scheme',
]

/** OpenTelemetry's metrics of an HTTP server, by route and without `worker_id`. */
export const httpDeclarations: Readonly<Record<HttpMetricKey, Declaration>> = {
  httpRequestDuration: {
    name: 'http.server.request.duration',
    kind: 'histogram',
    unit: 's',
    help: 'Time from the parsed request head to the finished response or the closed connection.',
    labels,
    bounds: httpDurationBounds,
  },
  httpActiveRequests: {
    name: 'http.server.active_requests',
    kind: 'upDownCounter',
    unit: '{request}',
    help: 'Requests that the servers are answering.',
    labels: ['http.request.method', 'url.scheme'],
  },
  httpRequestBodySize: {
    name: 'http.server.request.body.size',
    kind: 'histogram',
    unit: 'By',
    help: 'Size of request bodies. Off by default.',
    labels,
    bounds: sizeBounds,
  },
  httpResponseBodySize: {
    name: 'http.server.response.body.size',
    kind: 'histogram',
    unit: 'By',
    help:
      'Size of response bodies. Each chunk after the first adds its framing of 5 to 12 bytes. ' +
      'Off by default.',
    labels,
    bounds: sizeBounds,
  },
}
