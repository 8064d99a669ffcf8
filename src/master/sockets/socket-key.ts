import { hostWithPort } from '../../model/address.ts'

/*
 * `cluster` identifies a socket by a text: address, port, kind of address and descriptor. The
 * number among equal sockets of a worker follows: in Node 20 always, later only for port 0.
 */

const numbered = /^(?<address>.*):(?<port>-?\w+):(?<kind>-?\w+):(?<fd>\w+):(?<index>\d+)$/s
const plain = /^(?<address>.*):(?<port>-?\w+):(?<kind>-?\w+):(?<fd>\w+)$/s

/** @param text the key of any version of Node. @returns the key of later versions. */
export function keyOf(text: string): string {
  const { address, port, kind, fd } = numbered.exec(text)?.groups ?? {}
  return address === undefined || port === '0' ? text : `${address}:${port}:${kind}:${fd}`
}

/** The path of a unix socket. Undefined without a file, such as for abstract sockets of Linux. */
export function pathOf(key: string): string | undefined {
  const { address, port, kind } = plain.exec(key)?.groups ?? {}
  if (address === undefined || port !== '-1' || kind !== '-1') return undefined
  return address.includes('\0') ? undefined : address
}

/** The socket for a log line: an address with a port, a path or a descriptor. */
export function nameOf(key: string): string {
  const { address, port, fd = '' } = (numbered.exec(key) ?? plain.exec(key))?.groups ?? {}
  if (address === undefined) return key
  if (port === '-1') return address.replaceAll('\0', '@')
  if (/^\d+$/.test(fd)) return `descriptor ${fd}`
  const host = address === 'null' || address === 'undefined' ? '*' : address
  return hostWithPort(host, port ?? '')
}
