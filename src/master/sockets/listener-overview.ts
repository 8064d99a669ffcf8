import { isIPv6 } from 'node:net'
import { nameOf } from './socket-key.ts'
import { addressOf, type BoundAddress } from './socket-table.ts'

/** A socket on which the master listens for the workers. */
export interface ListenerOverview {
  /** As gunicorn shows the address: `http://HOST:PORT`, or `unix:PATH`. */
  readonly address: string
  readonly type: 'tcp' | 'tcp6' | 'unix'
  readonly descriptor: number
}

/** @param key of `cluster`. The kernel's address counts more: the key of port 0 has no port. */
export function listenerOf(key: string, descriptor: number): ListenerOverview {
  const bound: BoundAddress = addressOf(descriptor) ?? { kind: 'other' }
  if (bound.kind === 'tcp') {
    const isV6 = isIPv6(bound.address)
    const host = isV6 ? `[${bound.address}]` : bound.address
    return { address: `http://${host}:${bound.port}`, type: isV6 ? 'tcp6' : 'tcp', descriptor }
  }
  if (bound.kind === 'unix') return { address: `unix:${bound.path}`, type: 'unix', descriptor }
  const name = nameOf(key)
  const isPath = name.startsWith('/') || name.startsWith('@')
  return {
    address: isPath ? `unix:${name}` : `http://${name}`,
    type: isPath ? 'unix' : 'tcp',
    descriptor,
  }
}
