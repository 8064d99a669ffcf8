import type { ErrorDeclaration } from './declaration.ts'

export type EndpointErrorCode =
  | 'GPE_PORT_IN_USE'
  | 'GPE_PORT_OF_APPLICATION'
  | 'GPE_EXPORTER_IN_WORKER'
  | 'GPE_LISTEN_FORBIDDEN'
  | 'GPE_ADDRESS_UNAVAILABLE'
  | 'GPE_SOCKET_PATH'
  | 'GPE_LISTEN_FAILED'
  | 'GPE_FILES_INVALID'
  | 'GPE_PAGE_FULL'

/** Codes of the metrics endpoint. */
export const endpointErrors: Readonly<Record<EndpointErrorCode, ErrorDeclaration>> = {
  GPE_PORT_IN_USE: {
    level: 'error',
    meaning: 'Another process has the port or the socket of the metrics.',
    remedy: 'End the process that the line names, or set another port.',
    page: 'troubleshooting.md#port-taken',
    findings: ['port-taken'],
  },
  GPE_PORT_OF_APPLICATION: {
    level: 'warning',
    meaning: 'The application listens on the port of the metrics.',
    remedy: 'Set another port, or mount `metricsHandler`.',
    page: 'troubleshooting.md#port-taken',
  },
  GPE_EXPORTER_IN_WORKER: {
    level: 'warning',
    meaning: 'A worker has a PrometheusExporter. Each scrape reaches a random worker.',
    remedy: 'Remove this exporter.',
    page: 'troubleshooting.md#numbers-look-wrong',
  },
  GPE_LISTEN_FORBIDDEN: {
    level: 'error',
    meaning: 'This user may not listen on the port, or make the socket.',
    remedy: 'Set a port from 1024, or let the user write to the directory.',
    page: 'endpoint.md',
    findings: ['port-privileged'],
  },
  GPE_ADDRESS_UNAVAILABLE: {
    level: 'error',
    meaning: 'The host does not have the address of the metrics.',
    remedy: 'Set an address of this host, or 0.0.0.0.',
    page: 'endpoint.md',
    findings: ['address-foreign'],
  },
  GPE_SOCKET_PATH: {
    level: 'error',
    meaning: 'The path of the socket has no directory, or is not a socket.',
    remedy: 'Make the directory, or set another path.',
    page: 'endpoint.md',
  },
  GPE_LISTEN_FAILED: {
    level: 'error',
    meaning: 'The endpoint cannot listen, for another reason.',
    remedy: 'Remove the cause that the line names.',
    page: 'endpoint.md',
  },
  GPE_FILES_INVALID: {
    level: 'warning',
    meaning: 'Changed files of TLS or of access are invalid. The old files stay in use.',
    remedy: 'Write valid files. The endpoint reads them again.',
    page: 'endpoint.md',
    findings: ['certificate-unreadable'],
  },
  GPE_PAGE_FULL: {
    level: 'warning',
    meaning: 'The page is at its limit of samples or bytes, and leaves out its largest metrics.',
    remedy: 'Give these metrics fewer or shorter labels.',
    page: 'limits.md#numbers',
  },
}
