import type { FilesStatus } from './auth.ts'
import { type Endpoint, type EndpointOptions, serveEndpoint } from './endpoint.ts'
import type { EndpointMetrics } from './endpoint-metrics.ts'

export interface ObservedEndpointOptions
  extends Omit<
    EndpointOptions,
    'onScrape' | 'onBindFailed' | 'onFiles' | 'onCertificate' | 'onDropped'
  > {
  /** Counts the requests and the faults of the endpoint. */
  readonly metrics: EndpointMetrics
  /** Called with each failed attempt to listen; another attempt follows. */
  readonly onBindFailed: (error: Error) => void
  /** Called when files with certificates or secrets become unusable, or usable again. */
  readonly onFiles: (status: FilesStatus) => void
}

/** Serves an endpoint that counts its own requests and faults. */
export function serveObservedEndpoint({
  metrics,
  onBindFailed,
  onFiles,
  ...options
}: ObservedEndpointOptions): Endpoint {
  return serveEndpoint({
    ...options,
    onScrape: (status) => metrics.countScrape(status),
    onBindFailed(error) {
      metrics.countFault('bind')
      onBindFailed(error)
    },
    onFiles(status) {
      if (status.kind === 'invalid') metrics.countFault(status.part)
      onFiles(status)
    },
    onCertificate: (expiresAt) => metrics.noteCertificate(expiresAt),
    onDropped: (reason) => metrics.countDroppedConnection(reason),
  })
}
