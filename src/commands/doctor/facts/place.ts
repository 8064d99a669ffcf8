import { readFileSync } from 'node:fs'
import type { Access, SecretSource } from '../../../endpoint/access.ts'
import type { ExporterSettings } from '../../../exporter/exporter-settings.ts'
import { hostWithPort } from '../../../model/address.ts'

/** Where clients reach an endpoint. */
export interface Place {
  readonly scheme: 'http' | 'https'
  /** Undefined for a unix socket. */
  readonly host: string | undefined
  readonly port: number
  readonly socketPath: string | undefined
  /** Without the slash at the end; before `/metrics`. */
  readonly prefix: string
  /** Whether only processes of this host answer there. Others get no credentials without TLS. */
  readonly isLocal: boolean
}

/** The place of an endpoint of this host. */
export function placeOf({ address, tls }: ExporterSettings['endpoint']): Place {
  const scheme = tls ? 'https' : 'http'
  const common = { scheme, prefix: '', isLocal: true } as const
  if (address.kind === 'unix') {
    return { ...common, host: undefined, port: 0, socketPath: address.path }
  }
  const host = loopbacks[address.host] ?? address.host
  return { ...common, host, port: address.port, socketPath: undefined }
}

/** Loopback address for each wildcard address. */
const loopbacks: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }

/** The place of a given URL, with or without `/metrics` at the end. */
export function placeOfUrl(url: URL): Place {
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  return {
    scheme,
    host,
    port: url.port === '' ? usualPorts[scheme] : Number(url.port),
    socketPath: undefined,
    prefix: url.pathname.replace(/\/(?:metrics|status)?\/?$/, ''),
    isLocal: /^(?:localhost|127(?:\.\d+){3}|::1)$/.test(host),
  }
}

const usualPorts = { http: 80, https: 443 } as const

export function shownPlace({ scheme, host, port, socketPath, prefix }: Place): string {
  if (host === undefined) return `unix:${socketPath}`
  return `${scheme}://${hostWithPort(host, port)}${prefix}`
}

/**
 * The header of a request with the credentials of the settings; undefined without credentials.
 * @throws where a file cannot be read.
 */
export function authorizationOf({ basic, bearer }: Access): string | undefined {
  if (bearer) return `Bearer ${secretOf(bearer)}`
  if (!basic) return undefined
  const pair = `${secretOf(basic.username)}:${secretOf(basic.password)}`
  return `Basic ${Buffer.from(pair).toString('base64')}`
}

function secretOf(source: SecretSource): string {
  if (source.kind === 'value') return source.text
  return readFileSync(source.path, 'utf8').replace(/\r?\n$/, '')
}
