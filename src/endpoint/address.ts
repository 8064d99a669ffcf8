import type { Server } from 'node:net'

/** Where the endpoint listens; port 0 = any free one. */
export type Address =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }

/** How to reach a server that listens at the address, from the same host. */
export function urlOf(address: Address, server: Server, scheme: 'http' | 'https'): string {
  if (address.kind === 'unix') return `unix:${address.path}`
  const bound = server.address()
  const port = typeof bound === 'object' && bound ? bound.port : address.port
  const host = loopbacks[address.host] ?? address.host
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/metrics`
}

/** Who listens everywhere can be reached there. */
const loopbacks: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' }
