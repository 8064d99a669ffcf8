import { linkSync, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'

/** What of Node's handle of a unix socket is used here. */
interface Handle {
  close: (...args: unknown[]) => unknown
}

export interface SocketFileOptions {
  /** As it was listened on. */
  readonly path: string
  /** Taken over from a predecessor: then it is not the system's library that removes the file. */
  readonly isInherited: boolean
  /** Whether another master listens there too. */
  readonly isShared: () => boolean
}

/**
 * Has the file of a unix socket outlive the handle's close while another master listens there: libuv
 * removes the path of a socket that was bound by name, whoever closes it, Node itself with the last worker.
 * Alone, what was taken over ends with its file, like what was bound.
 */
export function guardSocketFile(handle: Handle, options: SocketFileOptions): void {
  const { close } = handle
  // The directory of the process may change.
  const path = resolve(options.path)
  let isOpen = true
  handle.close = (...args) => {
    const closeNow = (): unknown => Reflect.apply(close, handle, args)
    if (!isOpen) return closeNow()
    isOpen = false
    if (options.isShared()) return options.isInherited ? closeNow() : keeping(path, closeNow)
    const result = closeNow()
    if (options.isInherited) removeSocketFile(path)
    return result
  }
}

export function removeSocketFile(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Not ours to remove: whoever listens there next is told by the system.
  }
}

function keeping(path: string, close: () => unknown): unknown {
  const spare = `${path}.${process.pid}`
  const isSpared = attempt(() => linkSync(path, spare)) || attempt(() => renameSync(path, spare))
  const result = close()
  if (isSpared) attempt(() => renameSync(spare, path))
  // Where the file was not removed, both names are one file, and renaming does nothing.
  removeSocketFile(spare)
  return result
}

/** Where the directory cannot be written, libuv cannot remove the file either. */
function attempt(act: () => void): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
