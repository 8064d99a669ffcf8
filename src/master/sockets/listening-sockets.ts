import { closeSync } from 'node:fs'
import { Server } from 'node:net'
import { guardSocketFile, removeSocketFile } from './socket-file.ts'

/** The used part of Node's TCP and pipe handles. */
interface Handle {
  /** Negative on a platform without descriptors, and after the close. */
  readonly fd: number
  close: (...args: unknown[]) => unknown
}

/** The sockets that a master gives to a successor. */
export interface InheritedSockets {
  /** For the successor, the descriptors start at 3, in this order. */
  readonly descriptors: readonly number[]
  /** The keys of the sockets in the same order, for the successor's environment. */
  readonly text: string
}

/** The environment variable with the keys of a successor's sockets. */
export const socketsVariable = 'GUNICORN_SOCKETS'

const firstDescriptor = 3

/**
 * The sockets on which the master listens for the workers. `cluster` opens each socket by
 * `net.Server#listen`. The class wraps the method, to note new sockets and to reuse the sockets of
 * a predecessor.
 */
export class ListeningSockets {
  /** Bounded by the addresses that the application listens on. */
  readonly #open = new Map<string, Handle>()
  readonly #inherited: Map<string, number>
  /** Paths of sockets that two masters have shared; bounded by the application's paths. */
  readonly #sharedPaths = new Set<string>()
  /** The pid of the master before. */
  readonly #predecessor: number | undefined
  #hasSuccessor = false

  /** @param text the value of `socketsVariable`; undefined without a predecessor. */
  constructor(text: string | undefined) {
    const keys = text === undefined ? [] : (JSON.parse(text) as string[])
    this.#inherited = new Map(keys.map((key, index) => [key, firstDescriptor + index]))
    if (text !== undefined) this.#predecessor = process.ppid
    this.#intercept()
  }

  /** Sets whether a new master serves beside this master. */
  setSuccessor(hasSuccessor: boolean): void {
    this.#hasSuccessor = hasSuccessor
  }

  /** The sockets for a successor; undefined when no open socket has a descriptor. */
  inheritable(): InheritedSockets | undefined {
    // The application can have closed a socket.
    for (const [key, { fd }] of this.#open) if (fd < 0) this.#open.delete(key)
    const descriptors = Array.from(this.#open.values(), ({ fd }) => fd)
    if (descriptors.length === 0) return undefined
    return { descriptors, text: JSON.stringify([...this.#open.keys()]) }
  }

  /** Accepts no new connection. Accepted connections still reach the workers. */
  stopAccepting(): void {
    for (const handle of this.#open.values()) handle.close()
    this.#open.clear()
  }

  /** Closes inherited sockets without a listener: clients would wait without an answer. */
  closeUnused(): void {
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

  /** Removes the file of a socket that two masters have shared, when one master is left. */
  #removeStale(path: string): void {
    if (this.#isAlone && this.#sharedPaths.delete(path)) removeSocketFile(path)
  }

  /** After the end of the predecessor, this process has another parent. */
  get #isAlone(): boolean {
    return !this.#hasSuccessor && this.#predecessor !== process.ppid
  }
}

interface Address {
  readonly path?: unknown
  readonly host?: unknown
  readonly port?: unknown
  readonly backlog?: unknown
}

/** Identifies a socket: host and port as the application gives them, or the path. */
function keyOf(target: unknown): string {
  const { host, port } = target as Address
  const path = pathOf(target)
  if (path !== undefined) return JSON.stringify(path)
  return typeof target === 'object' ? JSON.stringify([host ?? null, port]) : JSON.stringify(target)
}

/** Undefined without a file, such as for abstract sockets of Linux. */
function pathOf(target: unknown): string | undefined {
  const { path } = target as Address
  return typeof path === 'string' && !path.startsWith('\0') ? path : undefined
}

function asOptions(target: unknown): object {
  const { backlog } = target as Address
  return typeof target === 'object' && backlog !== undefined ? { backlog } : {}
}
