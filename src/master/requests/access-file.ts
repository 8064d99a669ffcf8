import { closeSync, constants, fchownSync, fstatSync, openSync, statSync } from 'node:fs'
import type { AccessLogSettings } from '../../model/request/observer-settings.ts'
import { errorCodeOf } from '../../support/error-code.ts'

/** The descriptor of stdout. */
export const stdout: number = 1

interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Creates the file of the access log, for workers that may not create files in its directory.
 * @param owner the identity of the workers; undefined: as this process.
 * @throws when the file cannot be opened.
 */
export function prepareAccessFile(log: AccessLogSettings | undefined, owner?: Owner): void {
  if (!log || log.file === '-') return
  const descriptor = openForLines(log.file)
  try {
    // As in gunicorn, the file belongs to the workers. A device or a pipe keeps its owner.
    if (owner && fstatSync(descriptor).isFile()) fchownSync(descriptor, owner.uid, owner.gid)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Opens a file for lines at its end. Neither the open nor a write waits for the reader of a pipe.
 * @throws when the file cannot be opened.
 */
export function openForLines(path: string): number {
  if (!statSync(path, { throwIfNoEntry: false })?.isFIFO()) return openSync(path, 'a')
  try {
    return openPipe(path)
  } catch (error) {
    if (errorCodeOf(error) !== 'ENXIO') throw error
    // No process reads the pipe. The lines wait in the pipe for the next reader.
    return openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  }
}

/**
 * Stdout. A pipe is opened again: without waiting for its reader, and only in this process.
 * Sockets, terminals and other users' pipes stay as they are.
 */
export function stdoutForLines(): number {
  try {
    return fstatSync(stdout).isFIFO() ? openPipe(`/proc/self/fd/${stdout}`) : stdout
  } catch {
    return stdout
  }
}

function openPipe(path: string): number {
  return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
}
