import { flag, optional, optionalPath } from './kind.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'TLS' } as const

/** Settings of TLS at the endpoint. */
export interface TlsSettings {
  /** Undefined = TLS when there is a certificate. */
  readonly sslEnabled: boolean | undefined
  readonly sslCertfile: string | undefined
  readonly sslKeyfile: string | undefined
  readonly sslClientCafile: string | undefined
  readonly sslClientCapath: string | undefined
  readonly sslClientAuthRequired: boolean
}

export const tlsTable: SettingTable<TlsSettings> = {
  sslEnabled: {
    ...topic,
    kind: optional(flag),
    ...none,
    fallbackText: 'whether there is a certificate',
    env: ['PROMETHEUS_SSL_ENABLED'],
    keys: ['prometheus.ssl.enabled', 'ssl.enabled'],
    help: 'TLS at the endpoint; `false` ignores the files of TLS',
  },
  sslCertfile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_CERTFILE'],
    keys: ['prometheus.ssl.certfile', 'ssl.certfile'],
    help: 'certificate of the endpoint, PEM, with its chain; read again when it changes',
  },
  sslKeyfile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_KEYFILE'],
    keys: ['prometheus.ssl.keyfile', 'ssl.keyfile'],
    help: 'private key of the certificate, PEM',
  },
  sslClientCafile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_CLIENT_CAFILE'],
    keys: ['prometheus.ssl.client_cafile', 'ssl.client_cafile'],
    help: 'authorities whose client certificates are accepted, PEM',
  },
  sslClientCapath: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_SSL_CLIENT_CAPATH'],
    keys: ['prometheus.ssl.client_capath', 'ssl.client_capath'],
    help: 'directory with authorities whose client certificates are accepted, PEM',
  },
  sslClientAuthRequired: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['PROMETHEUS_SSL_CLIENT_AUTH_REQUIRED'],
    keys: ['prometheus.ssl.client_auth_required', 'ssl.client_auth_required'],
    help:
      'refuses clients without a certificate of these authorities; `false`: refuses only ' +
      'wrong certificates',
  },
}
