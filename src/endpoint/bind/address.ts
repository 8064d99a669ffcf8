import type { Server } from 'node:net'
import { hostWithPort } from '../../model/address.ts'

/** Where the endpoint listens. Port 0: the system picks a free port. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** URL of the server for clients on the same host. */
export function urlOf(address: Address, server: Server, scheme: 'http' | 'https'): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : address.port
  const host = loopbacks[address.host] ?? address.host
  return `${scheme}://${hostWithPort(host, port)}/metrics`
}

/** Loopback address for each wildcard address. */
const loopbacks: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
