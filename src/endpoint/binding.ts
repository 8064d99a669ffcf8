import { chmodSync, lstatSync, unlinkSync } from 'node:fs'
import { connect, type Server } from 'node:net'
import { endpointLimits } from '../limits/endpoint.ts'
import type { Stop } from '../support/stop.ts'
import type { Address } from './address.ts'

export interface BindingOptions {
  readonly server: Server
  readonly address: Address
  /** Called before every attempt; may throw, which makes it a failed one. */
  readonly prepare: () => void
  readonly onBound: () => void
  /** Called with every failed attempt; another one follows. */
  readonly onFailed: (error: Error) => void
}

/** Makes a server listen; what fails is tried again, with growing pauses, until it works. */
export function bind({ server, address, prepare, onBound, onFailed }: BindingOptions): Stop {
  let pauseMs: number = endpointLimits.bindRetryFirstMs
  let retry: NodeJS.Timeout | undefined
  let isStopped = false
  /** In this attempt: whoever was faster then may leave its file behind as well, for the next one. */
  let isCleared = false
  const attempt = (): void => {
    // An error may also be a connection's that could not be accepted.
    if (server.listening || isStopped) return
    try {
      prepare()
      listen(server, address)
    } catch (error) {
      process.nextTick(fail, error)
    }
  }
  const fail = (error: Error): void => {
    if (isStopped) return
    isCleared = false
    // Before the callback, which may stop us.
    retry = setTimeout(attempt, pauseMs)
    pauseMs = Math.min(2 * pauseMs, endpointLimits.bindRetryLastMs)
    onFailed(error)
  }
  server.on('listening', onBound)
  server.on('error', (error: NodeJS.ErrnoException) => {
    if (address.kind !== 'unix' || error.code !== 'EADDRINUSE' || isCleared) return fail(error)
    removeStale(address.path, error, (reason) => {
      isCleared = reason === undefined
      if (reason) fail(reason)
      else attempt()
    })
  })
  attempt()
  return () => {
    isStopped = true
    clearTimeout(retry)
  }
}

function listen(server: Server, address: Address): void {
  if (address.kind === 'tcp') {
    server.listen({ host: address.host, port: address.port, exclusive: true })
    return
  }
  // libuv removes the file when the server closes, or its thread ends.
  server.listen({ path: address.path, exclusive: true })
  if (!server.listening) return
  try {
    // Bound a moment ago, in this same turn: nobody's connection is accepted before.
    chmodSync(address.path, 0o600)
  } catch (error) {
    server.close()
    throw error
  }
}

/**
 * Removes a socket's file that nobody listens on any more: a killed process leaves one behind. Whatever
 * else is there stays.
 * @param done called with why the path stays taken; undefined once it is free.
 */
function removeStale(path: string, taken: Error, done: (reason: Error | undefined) => void): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found && !found.isSocket()) {
    done(new Error(`${path} exists and is no socket.`))
    return
  }
  const probe = connect(path)
  const decide = (reason: Error | undefined): void => {
    probe.removeAllListeners()
    // A late error is nobody's.
    probe.on('error', () => {})
    probe.destroy()
    done(reason)
  }
  probe.setTimeout(endpointLimits.socketProbeMs, () => decide(taken))
  probe.on('connect', () => decide(taken))
  probe.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'ENOENT') return decide(undefined)
    if (code !== 'ECONNREFUSED') return decide(taken)
    decide(unlinked(path, found?.ino) ? undefined : taken)
  })
}

/** Only the one that was looked at: somebody else may have replaced it since. */
function unlinked(path: string, inode: number | undefined): boolean {
  try {
    if (lstatSync(path).ino === inode) unlinkSync(path)
    return lstatSync(path, { throwIfNoEntry: false }) === undefined
  } catch {
    return false
  }
}
