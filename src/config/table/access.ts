import { flag, optional, optionalPath, optionalSecret, pattern } from './kind.ts'
import type { Secret } from './secret.ts'
import { none, type SettingTable } from './setting.ts'

const topic = { topic: 'Access' } as const

/** Settings of authentication at the endpoint. */
export interface AccessSettings {
  readonly authUsername: string | undefined
  readonly authUsernameFile: string | undefined
  readonly authPassword: Secret | undefined
  readonly authPasswordFile: string | undefined
  readonly authBearerToken: Secret | undefined
  readonly authBearerTokenFile: string | undefined
  /** Whether `/healthz` and `/readyz` need neither certificate nor password. */
  readonly probesOpen: boolean
}

export const accessTable: SettingTable<AccessSettings> = {
  authUsername: {
    ...topic,
    kind: optional(pattern(/^[^\0\r\n:]+$/, 'a text of one line without a colon')),
    ...none,
    env: ['PROMETHEUS_AUTH_USERNAME'],
    keys: ['prometheus.auth.username'],
    help: 'user of basic authentication',
  },
  authUsernameFile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_AUTH_USERNAME_FILE'],
    keys: ['prometheus.auth.username_file'],
    help: 'file with the user; the last line break does not count',
  },
  authPassword: {
    ...topic,
    kind: optionalSecret,
    ...none,
    env: ['PROMETHEUS_AUTH_PASSWORD'],
    keys: ['prometheus.auth.password'],
    help: 'password of basic authentication',
  },
  authPasswordFile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_AUTH_PASSWORD_FILE'],
    keys: ['prometheus.auth.password_file'],
    help: 'file with the password; read again when it changes',
  },
  authBearerToken: {
    ...topic,
    kind: optionalSecret,
    ...none,
    env: ['PROMETHEUS_AUTH_BEARER_TOKEN'],
    keys: ['prometheus.auth.bearer_token'],
    help: 'bearer token; with a password too, either is accepted',
  },
  authBearerTokenFile: {
    ...topic,
    kind: optionalPath,
    ...none,
    env: ['PROMETHEUS_AUTH_BEARER_TOKEN_FILE'],
    keys: ['prometheus.auth.bearer_token_file'],
    help: 'file with the token; read again when it changes',
  },
  probesOpen: {
    ...topic,
    kind: flag,
    fallback: false,
    env: ['PROMETHEUS_PROBES_OPEN'],
    keys: ['prometheus.auth.probes_open'],
    help: 'answers `/healthz` and `/readyz` without password and certificate',
  },
}
