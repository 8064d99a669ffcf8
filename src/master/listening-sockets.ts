import { closeSync } from 'node:fs'
import { Server } from 'node:net'
import { guardSocketFile, removeSocketFile } from './socket-file.ts'

/** What of Node's TCP and pipe handles is used here. */
interface Handle {
  /** Negative where the platform has none. */
  readonly fd: number
  close: (...args: unknown[]) => unknown
}

/** What a master hands to its successor: keys by descriptor, in the order of the descriptors from 3 on. */
export interface Legacy {
  readonly descriptors: readonly number[]
  /** For the successor's environment. */
  readonly text: string
}

/** The environment variable in which a successor finds the keys of its sockets. */
export const socketsVariable = 'GUNICORN_SOCKETS'

const firstDescriptor = 3

/**
 * The sockets on which the master listens for its workers. `cluster` opens them by `net.Server`, so that is
 * where they are found, and where those of a predecessor take the place of new ones.
 */
export class ListeningSockets {
  /** Bounded by the addresses that the application listens on. */
  readonly #open = new Map<string, Handle>()
  readonly #inherited: Map<string, number>
  /** Files of sockets that two masters have listened on; bounded by the paths that the application listens on. */
  readonly #sharedPaths = new Set<string>()
  /** The process that started this one, where that is a master. */
  readonly #predecessor: number | undefined
  #isSucceeded = false

  /** @param text the value of `socketsVariable`, in a successor. */
  constructor(text: string | undefined) {
    const keys = text === undefined ? [] : (JSON.parse(text) as string[])
    this.#inherited = new Map(keys.map((key, index) => [key, firstDescriptor + index]))
    if (text !== undefined) this.#predecessor = process.ppid
    this.#intercept()
  }

  /** A new master has come, or gone again. */
  succeed(isSucceeded: boolean): void {
    this.#isSucceeded = isSucceeded
  }

  /** Undefined where there is nothing, or nothing that could be handed over. */
  legacy(): Legacy | undefined {
    // The application may have closed some.
    for (const [key, { fd }] of this.#open) if (fd < 0) this.#open.delete(key)
    const descriptors = Array.from(this.#open.values(), ({ fd }) => fd)
    if (descriptors.length === 0) return undefined
    return { descriptors, text: JSON.stringify([...this.#open.keys()]) }
  }

  /** No new connection comes in here any more; those that did still reach the workers. */
  stopAccepting(): void {
    for (const handle of this.#open.values()) handle.close()
    this.#open.clear()
  }

  /** Closes what the predecessor listened on and nobody here does: its clients would wait for ever. */
  closeUnclaimed(): void {
    for (const descriptor of this.#inherited.values()) closeSync(descriptor)
    this.#inherited.clear()
  }

  #intercept(): void {
    const sockets = this
    const { listen } = Server.prototype
    Server.prototype.listen = function listenOnInherited(this: Server, ...args: unknown[]): Server {
      const key = keyOf(args[0])
      const descriptor = sockets.#inherited.get(key)
      const path = pathOf(args[0])
      this.once('listening', () => {
        sockets.#note(key, this)
        if (path !== undefined) sockets.#guard(path, this, descriptor !== undefined)
      })
      if (path !== undefined && descriptor === undefined) sockets.#removeStale(path)
      const given = descriptor === undefined ? args : [{ ...asOptions(args[0]), fd: descriptor }]
      sockets.#inherited.delete(key)
      return Reflect.apply(listen, this, given) as Server
    }
  }

  #note(key: string, server: Server): void {
    const { _handle: handle } = server as unknown as { readonly _handle: Handle | null }
    if (!handle) return
    this.#open.set(key, handle)
  }

  #guard(path: string, server: Server, isInherited: boolean): void {
    const { _handle: handle } = server as unknown as { readonly _handle: Handle | null }
    if (!handle) return
    if (isInherited) this.#sharedPaths.add(path)
    const isShared = (): boolean => {
      if (!this.#isAlone) this.#sharedPaths.add(path)
      return !this.#isAlone
    }
    guardSocketFile(handle, { path, isInherited, isShared })
  }

  /** What was left for the other master, which is gone. */
  #removeStale(path: string): void {
    if (this.#isAlone && this.#sharedPaths.delete(path)) removeSocketFile(path)
  }

  /** A predecessor that has ended is nobody's parent. */
  get #isAlone(): boolean {
    return !this.#isSucceeded && this.#predecessor !== process.ppid
  }
}

interface Address {
  readonly path?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly backlog?: unknown
}

/** The same for what the same application asks for: its host and port as it gave them, or its path. */
function keyOf(target: unknown): string {
  const { host, port } = target as Address
  const path = pathOf(target)
  if (path !== undefined) return JSON.stringify(path)
  return typeof target === 'object' ? JSON.stringify([host ?? null, port]) : JSON.stringify(target)
}

/** Undefined where it is no file, as on the abstract sockets of Linux. */
function pathOf(target: unknown): string | undefined {
  const { path } = target as Address
  return typeof path === 'string' && !path.startsWith('\0') ? path : undefined
}

function asOptions(target: unknown): object {
  const { backlog } = target as Address
  return typeof target === 'object' && backlog !== undefined ? { backlog } : {}
}
