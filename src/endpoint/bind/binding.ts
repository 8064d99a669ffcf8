import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server, type Socket } from 'node:net'
import type { EndpointLimits } from '../../limits/endpoint.ts'
import { backoffMs } from '../../support/backoff.ts'
import type { Stop } from '../../support/stop.ts'
import type { Address } from './address.ts'

export interface BindingOptions {
  readonly server: Server
  readonly address: Address
  /** A listening socket for the first attempt. Further attempts open the address. */
  readonly descriptor?: number | undefined
  readonly limits: Pick<EndpointLimits, 'bindRetryFirstMs' | 'bindRetryLastMs' | 'socketProbeMs'>
  /** Called before each attempt. When this function throws, the attempt fails. */
  readonly prepare: () => void
  readonly onBound: () => void
  /** Called with each failed attempt; another attempt follows. */
  readonly onFailed: (error: Error) => void
  /** Connects to a socket file, to find out whether a process listens. Default: `net.connect`. */
  readonly probe?: (path: string) => Socket
}

/** Makes a server listen, and tries again with growing pauses until the server listens. */
export function bind(options: BindingOptions): Stop {
  const { server, address, limits, prepare, onBound, onFailed, probe = connect } = options
  const backoff = { firstMs: limits.bindRetryFirstMs, lastMs: limits.bindRetryLastMs }
  let failures = 0
  let retry: NodeJS.Timeout | undefined
  let isStopped = false
  /** An attempt removes a file once: another process can leave a file behind at any time. */
  let isCleared = false
  const descriptors = [options.descriptor]
  const attempt = (): void => {
    // The 'error' event of a listening server concerns a connection, not the binding.
    if (server.listening || isStopped) return
    try {
      prepare()
      listen(server, address, descriptors.pop())
    } catch (error) {
      process.nextTick(fail, error)
    }
  }
  const fail = (error: Error): void => {
    if (isStopped) return
    isCleared = false
    failures += 1
    // Before the callback: the callback can stop the binding.
    retry = setTimeout(attempt, backoffMs(failures, backoff))
    onFailed(error)
  }
  const onError = (error: NodeJS.ErrnoException): void => {
    if (address.kind !== 'unix' || error.code !== 'EADDRINUSE' || isCleared) {
      fail(error)
      return
    }
    const { path } = address
    removeStale({ path, taken: error, probe, probeMs: limits.socketProbeMs }, (reason) => {
      isCleared = reason === undefined
      if (reason) fail(reason)
      else attempt()
    })
  }
  server.on('listening', onBound)
  server.on('error', onError)
  attempt()
  return () => {
    isStopped = true
    server.off('listening', onBound)
    server.off('error', onError)
    clearTimeout(retry)
  }
}

function listen(server: Server, address: Address, descriptor: number | undefined): void {
  if (descriptor !== undefined) {
    server.listen({ fd: descriptor, exclusive: true })
    return
  }
  if (address.kind === 'tcp') {
    server.listen({ host: address.host, port: address.port, exclusive: true })
    return
  }
  // libuv removes the file when the server closes or its thread ends.
  server.listen({ path: address.path, exclusive: true })
  if (!server.listening) return
  try {
    // The server accepts no connection before the next turn of the event loop.
    chmodSync(address.path, 0o600)
  } catch (error) {
    server.close()
    throw error
  }
}

interface TakenPath {
  readonly path: string
  /** The error of the attempt to listen. */
  readonly taken: Error
  readonly probe: (path: string) => Socket
  readonly probeMs: number
}

/**
 * Removes the socket file of a process without a listener: a killed process leaves the file
 * behind. Files of other kinds stay.
 * @param done called with the reason why the path stays taken, or undefined for a free path.
 */
function removeStale(
  { path, taken, probe, probeMs }: TakenPath,
  done: (reason: Error | undefined) => void,
): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found && !found.isSocket()) {
    done(Object.assign(new Error(`${path} exists and is not a socket.`), { code: 'ENOTSOCK' }))
    return
  }
  const socket = probe(path)
  const decide = (reason: Error | undefined): void => {
    socket.removeAllListeners()
    // An error after the decision changes nothing.
    socket.on('error', () => {})
    socket.destroy()
    done(reason)
  }
  socket.setTimeout(probeMs, () => decide(taken))
  socket.on('connect', () => decide(taken))
  socket.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'ENOENT') return decide(undefined)
    if (code !== 'ECONNREFUSED') return decide(taken)
    decide(isRemoved(path, found?.ino) ? undefined : taken)
  })
}

/** Removes the file with the given inode. Another process may have replaced the file since. */
function isRemoved(path: string, inode: number | undefined): boolean {
  try {
    if (lstatSync(path).ino === inode) unlinkSync(path)
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}
