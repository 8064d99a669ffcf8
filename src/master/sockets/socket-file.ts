import { rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { keepingFile } from '../../files/kept-file.ts'

/** The used part of Node's handle of a unix socket. */
interface Handle {
  close: (...args: unknown[]) => unknown
}

export interface SocketFileOptions {
  /** The path as given to `listen()`. */
  readonly path: string
  /** Whether the socket comes from a predecessor: then libuv does not remove the file. */
  readonly isInherited: boolean
  /** Whether another master listens on the same path. */
  readonly isShared: () => boolean
}

/**
 * Keeps the file of a unix socket after the close of the handle, while another master listens
 * there. Node.js closes the handle with the last worker. For a bound socket, libuv then removes the
 * file. Without another master, the file of an inherited socket ends with the handle.
 */
export function guardSocketFile(handle: Handle, options: SocketFileOptions): void {
  const { close } = handle
  // The working directory of the process can change.
  const path = resolve(options.path)
  let isOpen = true
  handle.close = (...args) => {
    const closeNow = (): unknown => Reflect.apply(close, handle, args)
    if (!isOpen) return closeNow()
    isOpen = false
    if (options.isShared()) return options.isInherited ? closeNow() : keepingFile(path, closeNow)
    const result = closeNow()
    if (options.isInherited) removeSocketFile(path)
    return result
  }
}

export function removeSocketFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // The next listening process gets the system's error.
  }
}
