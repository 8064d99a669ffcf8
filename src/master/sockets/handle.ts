import type { Server } from 'node:net'

/** The used part of Node's handle of an accepted connection. */
export interface Client {
  close: (...args: unknown[]) => unknown
}

/** @param error an error number of the system, or 0 with a connection. */
export type OnConnection = (error: number, client: Client | undefined) => void

/** The used part of Node's TCP and pipe handles of a listening socket. */
export interface Handle {
  /** Negative on a platform without descriptors, and after the close. */
  readonly fd: number
  close: (...args: unknown[]) => unknown
  onconnection?: OnConnection | undefined
  /** Missing for unix sockets. */
  getsockname?: (out: Address) => number
  listen: (backlog: number) => number
}

/** An address, as Node fills the object in. */
interface Address {
  address?: string
  port?: number
  family?: string
}

interface WithHandle {
  _handle: Handle | null
}

/** @returns undefined for a server that does not listen. */
export function handleOf(server: Server): Handle | undefined {
  return (server as unknown as WithHandle)._handle ?? undefined
}

export function setHandle(server: Server, handle: Handle): void {
  const target = server as unknown as WithHandle
  target._handle = handle
}

/**
 * Makes the handle show the asked address. A worker fails with EADDRINUSE if the handle has
 * another port than the asked port. An application expects its own port in `address()`.
 */
export function showAsked(handle: Handle, port: number, address = '::'): void {
  const { getsockname } = handle
  handle.getsockname = (out) => {
    const shown = { address, port, family: address.includes(':') ? 'IPv6' : 'IPv4' }
    if (!getsockname) Object.assign(out, shown)
    const error = getsockname ? Reflect.apply(getsockname, handle, [out]) : 0
    out.port = port
    return error
  }
}

/** Makes the handle show its address after the close, too: `cluster` still asks for it. */
export function keepAddress(handle: Handle): void {
  const { getsockname } = handle
  const address: Address = {}
  if (!getsockname || Reflect.apply(getsockname, handle, [address]) !== 0) return
  handle.getsockname = (out) => {
    Object.assign(out, address)
    return 0
  }
}
