import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { limits } from '../limits.ts'

/**
 * The file in which a worker leaves its last report when the IPC channel cannot take it: the channel
 * is closed, still busy, or the report is larger than what a pipe accepts at once (field measurement:
 * 100 KB always arrived, 500 KB never). The name is the same for both sides without a word exchanged.
 */
export function lastReportPath(directory: string, primaryPid: number, age: number): string {
  return join(directory, `${primaryPid}-${age}.report.json`)
}

/** A directory of this user's own under the system's temporary one. */
export function privateDirectory(): string {
  return join(tmpdir(), `gunicorn-prometheus-exporter-${process.getuid?.() ?? 'user'}`)
}

/** @throws where the directory is not ours alone, or the file cannot be created. */
export function writeLastReport(path: string, directory: string, text: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  assertOurs(directory)
  // A file of that name can only be the rest of an earlier process with our pid.
  removeQuietly(path)
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const file = openSync(path, flags, 0o600)
  try {
    writeSync(file, text)
  } finally {
    closeSync(file)
  }
}

/** Returns and removes the report; undefined where there is none or it is not to be trusted. */
export function takeLastReport(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch {
    return undefined
  }
  try {
    const status = fstatSync(file)
    const trusted = status.isFile() && status.uid === (process.getuid?.() ?? status.uid)
    return trusted && status.size <= limits.reportChars ? readFileSync(file, 'utf8') : undefined
  } catch {
    return undefined
  } finally {
    closeSync(file)
    removeQuietly(path)
  }
}

function assertOurs(directory: string): void {
  const status = lstatSync(directory)
  const uid = process.getuid?.()
  if (status.isDirectory() && (uid === undefined || status.uid === uid)) return
  throw new Error(`${directory} is not a directory of this user`)
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Mostly there is nothing to remove.
  }
}
