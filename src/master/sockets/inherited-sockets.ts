import { closeSync } from 'node:fs'
import { isRecord } from '../../support/guards.ts'
import type { Handle } from './handle.ts'

/** The environment variable with the sockets of a predecessor. */
export const socketsVariable = 'GUNICORN_SOCKETS'

/** Where the descriptor of a socket comes from. */
export type Origin =
  /** This process has opened the socket, or a predecessor has. */
  | 'master'
  /** The service manager has opened the socket, and owns its file. */
  | 'activation'

export interface InheritedSocket {
  readonly key: string
  readonly origin: Origin
}

/** The sockets that a master gives to a successor. */
interface InheritableSockets {
  readonly kind: 'sockets'
  /** For the successor, the descriptors start at 3, in this order. */
  readonly descriptors: readonly number[]
  /** The sockets in the same order, for the successor's environment. */
  readonly text: string
}

export type Inheritance =
  | InheritableSockets
  /** The reason completes the sentence "Cannot upgrade: ...". */
  | { readonly kind: 'refused'; readonly reason: string }

/** A socket for another master, over a channel of `child_process`. */
export interface SharedSocket {
  readonly key: string
  readonly handle: Handle
}

/** The first descriptor after stdin, stdout and stderr. */
export const firstDescriptor = 3

/** An open socket without a listener. */
export interface Inherited {
  readonly descriptor: number
  readonly origin: Origin
}

/** The sockets of a predecessor on which no worker has listened yet. */
export class InheritedSockets {
  readonly #sockets: Map<string, Inherited>
  #closing: NodeJS.Timeout | undefined

  /** @param text the value of `socketsVariable`. */
  constructor(text: string | undefined) {
    this.#sockets = new Map(
      listOf(text)
        .map(parseSocket)
        .map(({ key, origin }, index) => [key, { descriptor: firstDescriptor + index, origin }]),
    )
  }

  take(key: string): Inherited | undefined {
    const found = this.#sockets.get(key)
    this.#sockets.delete(key)
    return found
  }

  /** Closes sockets that no worker asks for, in a while: clients would wait without an answer. */
  closeUnused(afterMs: number): void {
    if (this.#sockets.size > 0) this.#closing ??= setTimeout(() => this.#close(), afterMs)
  }

  /** Cancels `closeUnused()`. */
  keep(): void {
    clearTimeout(this.#closing)
    this.#closing = undefined
  }

  #close(): void {
    for (const { descriptor } of this.#sockets.values()) closeQuietly(descriptor)
    this.#sockets.clear()
  }
}

/** The value of `socketsVariable` for a successor, in the order of the descriptors. */
export function textOf(sockets: readonly InheritedSocket[]): string {
  return JSON.stringify(sockets.map(({ key, origin }) => ({ key, origin })))
}

/** The list in the value of `socketsVariable`; empty for any other text. */
export function listOf(text: string | undefined): readonly unknown[] {
  try {
    const value: unknown = text === undefined ? [] : JSON.parse(text)
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

/** A socket in an unknown form keeps its place, because the place is the descriptor. */
function parseSocket(value: unknown, index: number): InheritedSocket {
  if (!isRecord(value) || typeof value['key'] !== 'string') {
    return { key: `unknown ${index}`, origin: 'master' }
  }
  return { key: value['key'], origin: value['origin'] === 'activation' ? 'activation' : 'master' }
}

function closeQuietly(descriptor: number): void {
  try {
    closeSync(descriptor)
  } catch {
    // A program between the two masters did not pass the descriptor on.
  }
}
