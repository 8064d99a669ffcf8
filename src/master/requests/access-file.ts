import { closeSync, fchownSync, fstatSync, openSync } from 'node:fs'
import type { AccessLogSettings } from '../../model/request/observer-settings.ts'

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
  const descriptor = openSync(log.file, 'a')
  try {
    // As in gunicorn, the file belongs to the workers. A device or a pipe keeps its owner.
    if (owner && fstatSync(descriptor).isFile()) fchownSync(descriptor, owner.uid, owner.gid)
  } finally {
    closeSync(descriptor)
  }
}
