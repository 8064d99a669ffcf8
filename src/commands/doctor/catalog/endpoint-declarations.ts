import type { Declaration } from './declaration.ts'

const port = { check: 'port', page: 'troubleshooting.md#port-taken' } as const
const page = { check: 'page', page: 'troubleshooting.md#there-is-no-page' } as const
const authentication = {
  check: 'authentication',
  page: 'endpoint.md#a-password-or-a-token',
} as const

export type EndpointFindingId =
  | 'port-taken'
  | 'port-of-another-exporter'
  | 'port-silent'
  | 'port-free'
  | 'port-chosen'
  | 'port-privileged'
  | 'address-foreign'
  | 'page-unreachable'
  | 'page-foreign'
  | 'page-fails'
  | 'page-other-version'
  | 'page-open'
  | 'page-loopback'
  | 'localhost-differs'
  | 'page-of-python'
  | 'credentials-refused'
  | 'credentials-missing'
  | 'credentials-unused'
  | 'secret-unreadable'
  | 'secret-exposed'
  | 'client-certificate-needed'

/** Findings about the address of the endpoint, and about access. */
export const endpointDeclarations: Readonly<Record<EndpointFindingId, Declaration>> = {
  'port-taken': {
    ...port,
    level: 'problem',
    meaning: 'Another program listens on the address of the endpoint.',
    remedy: 'End the process {pid}, or set {setting} to another port.',
  },
  'port-of-another-exporter': {
    ...port,
    level: 'problem',
    meaning: 'The process of `--pid` does not have its port: another exporter listens there.',
    remedy: 'Set {setting} of one of the two to another port, or end the process {pid}.',
  },
  'port-silent': {
    ...port,
    level: 'problem',
    page: 'troubleshooting.md#there-is-no-page',
    meaning: 'The process of `--pid` runs, and nothing listens on the address of its endpoint.',
    remedy: 'Read what the process wrote to stderr. The endpoint opens when a server listens.',
  },
  'port-free': {
    ...port,
    level: 'note',
    page: 'preload.md',
    meaning: 'Nothing listens on the address of the endpoint.',
    remedy: 'Start the application. Of an application that runs, give `--pid PID` or `--url URL`.',
  },
  'port-chosen': {
    ...port,
    level: 'note',
    page: 'endpoint.md',
    meaning: 'The system chooses the port of the endpoint, and `doctor` does not know the port.',
    remedy: 'Give `--pid PID` of the application, or `--url URL`.',
  },
  'port-privileged': {
    ...port,
    level: 'problem',
    page: 'endpoint.md',
    meaning: 'The port is for privileged processes, and nothing listens there.',
    remedy: 'Set {setting} to a port of {least} or above.',
  },
  'address-foreign': {
    ...port,
    level: 'problem',
    page: 'endpoint.md',
    meaning: 'The host has no such address, so that the endpoint cannot listen.',
    remedy: 'Set {setting} to an address of this host, or to 0.0.0.0 for all addresses.',
  },
  'page-unreachable': {
    ...page,
    level: 'problem',
    meaning: 'The address of the endpoint is taken or given, and no answer comes.',
    remedy: 'Check host, port and firewall of {address}.',
  },
  'page-foreign': {
    ...page,
    level: 'problem',
    meaning: 'Another program answers: the answer is no page of the exporter.',
    remedy: 'Run `doctor --pid PID` on the host of the application, to see the address.',
  },
  'page-fails': {
    ...page,
    level: 'problem',
    page: 'troubleshooting.md#the-exporter-itself',
    meaning: 'The exporter answers with an error.',
    remedy: 'Read the answer and stderr of the application.',
  },
  'page-other-version': {
    ...page,
    level: 'warning',
    meaning: 'The process has another version of this package than `doctor`.',
    remedy: 'Restart the application after an update of the package.',
  },
  'page-open': {
    ...page,
    level: 'note',
    page: 'endpoint.md#a-password-or-a-token',
    meaning: 'The endpoint listens on more than the loopback interface, without credentials.',
    remedy:
      'To protect the page, set PROMETHEUS_AUTH_PASSWORD_FILE and PROMETHEUS_AUTH_USERNAME, or ' +
      'PROMETHEUS_BIND_ADDRESS=127.0.0.1.',
  },
  'page-loopback': {
    ...page,
    level: 'note',
    page: 'endpoint.md',
    meaning: 'Only this host reaches the page.',
    remedy:
      'For a Prometheus on another host, set PROMETHEUS_BIND_ADDRESS=0.0.0.0, or :: for IPv6.',
  },
  'localhost-differs': {
    ...page,
    level: 'note',
    page: 'endpoint.md',
    meaning: '`localhost` has an address at which the page does not answer.',
    remedy: 'Scrape {address}, not localhost.',
  },
  'page-of-python': {
    ...page,
    level: 'note',
    page: 'gunicorn.md',
    meaning: 'The page is of the exporter for Python, which tells nothing more.',
    remedy: 'Look at its own documentation.',
  },
  'credentials-refused': {
    ...authentication,
    level: 'problem',
    meaning: 'The endpoint refuses the credentials of the settings.',
    remedy:
      'Give `doctor` and Prometheus the credentials of the running process, or restart the ' +
      'process with the settings that `doctor` sees.',
  },
  'credentials-missing': {
    ...authentication,
    level: 'problem',
    meaning: 'The endpoint asks for credentials, and the settings have none.',
    remedy:
      'Set PROMETHEUS_AUTH_USERNAME and PROMETHEUS_AUTH_PASSWORD_FILE, or ' +
      'PROMETHEUS_AUTH_BEARER_TOKEN_FILE, or give `--pid PID`.',
  },
  'credentials-unused': {
    ...authentication,
    level: 'warning',
    meaning: 'The settings have credentials, and the page answers without credentials.',
    remedy: 'Restart the application, so that the settings take effect.',
  },
  'secret-unreadable': {
    ...authentication,
    level: 'problem',
    meaning: 'A file with a secret cannot be read, or is empty.',
    remedy: 'Let the user of the application read the file of {setting}.',
  },
  'secret-exposed': {
    ...authentication,
    level: 'warning',
    meaning: 'Every user of this host can read a file with a secret.',
    remedy: 'Run `chmod o-rwx {path}`.',
  },
  'client-certificate-needed': {
    ...authentication,
    level: 'note',
    meaning: 'The endpoint asks for a client certificate, which `doctor` does not have.',
    remedy: 'Test the page with `curl --cert FILE --key FILE`.',
  },
}
