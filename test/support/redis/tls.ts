import { readFileSync } from 'node:fs'
import type { Authority, Pair } from '../endpoint/certificates.ts'
import type { ClusterOptions } from './cluster.ts'

export interface TlsOptions {
  readonly authority: Authority
  /** The certificate of the servers. */
  readonly server: Pair
  /** The certificate of the test. Without a certificate, the servers ask for none. */
  readonly client?: Pair | undefined
}

/** Options of servers that accept TLS only. */
export function tlsServers({ authority, server, client }: TlsOptions): ClusterOptions {
  const ca = readFileSync(authority.certfile, 'utf8')
  const pair = client && { cert: client.cert, key: client.key }
  return {
    hasTls: true,
    flags: [
      ...['--tls-cert-file', server.certfile, '--tls-key-file', server.keyfile],
      ...['--tls-ca-cert-file', authority.certfile, '--tls-replication', 'yes'],
      // The default of Redis is yes.
      ...(client ? [] : ['--tls-auth-clients', 'no']),
    ],
    client: { tls: { ca, servername: 'localhost', ...pair } },
    cli: [
      ...['--tls', '--cacert', authority.certfile],
      ...(client ? ['--cert', client.certfile, '--key', client.keyfile] : []),
    ],
  }
}

/** Variables of an application that shows this certificate, if any. */
export function tlsVariables({ authority, client }: TlsOptions): Record<string, string> {
  return {
    REDIS_SSL: 'true',
    REDIS_SSL_CAFILE: authority.certfile,
    ...(client && { REDIS_SSL_CERTFILE: client.certfile, REDIS_SSL_KEYFILE: client.keyfile }),
  }
}

/** Flags with one value each, as lines of a file. */
export function linesOf(flags: readonly string[]): string[] {
  return flags.flatMap((flag, at) => (at % 2 === 0 ? [`${flag.slice(2)} ${flags[at + 1]}`] : []))
}
