import { readFileSync, readlinkSync } from 'node:fs'
import { SocketAddress } from 'node:net'

/** The address of a socket, as the kernel shows the socket in `/proc/net`. */
export type BoundAddress =
  | { readonly kind: 'tcp'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  /** A socket of another kind, or a connection. */
  | { readonly kind: 'other' }

/**
 * Reads the address of a descriptor. Node.js tells no path of a unix socket. A handle that tells
 * the address of a TCP socket would own the descriptor.
 * @returns undefined where the system has no such table, or where the socket is in another network
 * namespace.
 */
export function addressOf(descriptor: number): BoundAddress | undefined {
  const [, inode] = /^socket:\[(\d+)\]$/.exec(linkOf(descriptor)) ?? []
  if (inode === undefined) return undefined
  for (const [file, parse] of tables) {
    for (const line of linesOf(file)) {
      const fields = line.trim().split(/\s+/)
      if (fields[parse.inodeField] === inode) return parse.row(fields)
    }
  }
  return undefined
}

interface Table {
  readonly inodeField: number
  readonly row: (fields: readonly string[]) => BoundAddress
}

const listening = '0A'
const acceptsConnections = '00010000'

const tcp: Table = {
  inodeField: 9,
  row: ([, local = '', , state]) => (state === listening ? tcpAddress(local) : { kind: 'other' }),
}

const unix: Table = {
  inodeField: 6,
  row(fields) {
    if (fields[3] !== acceptsConnections) return { kind: 'other' }
    return { kind: 'unix', path: fields.slice(7).join(' ') }
  },
}

const udp: Table = { inodeField: 9, row: () => ({ kind: 'other' }) }

const tables: readonly (readonly [string, Table])[] = [
  ['tcp', tcp],
  ['tcp6', tcp],
  ['unix', unix],
  ['udp', udp],
  ['udp6', udp],
]

/** The kernel writes each word of 32 bits of an address in the byte order of the machine. */
function tcpAddress(text: string): BoundAddress {
  const [words = '', port = ''] = text.split(':')
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => {
    const inOrder = word.match(/../g) ?? []
    return isLittleEndian ? inOrder.reverse() : inOrder
  })
  return { kind: 'tcp', address: addressText(bytes), port: Number.parseInt(port, 16) }
}

const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

function addressText(bytes: readonly string[]): string {
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.')
  const groups = Array.from({ length: 8 }, (_, at) => `${bytes[2 * at]}${bytes[2 * at + 1]}`)
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address
}

function linkOf(descriptor: number): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    return ''
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(`/proc/self/net/${file}`, 'latin1').split('\n').slice(1)
  } catch {
    return []
  }
}
