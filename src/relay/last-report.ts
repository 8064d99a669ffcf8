import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { limits } from '../limits.ts'
import type { Line } from './ipc.ts'

/**
 * The files in which workers leave their last report when the IPC channel cannot take it: the channel
 * is closed, still busy, or the report is larger than what a pipe accepts at once (field measurement:
 * 100 KB always arrived, 500 KB never). Both sides know the path without a word exchanged.
 */
export class LastReports {
  /** Below a directory that may be everybody's: one of this user's alone. */
  readonly #user: string
  /** In it, one of this primary's. */
  readonly #directory: string

  constructor(parent: string, primaryPid: number, line: Line = 'preload') {
    this.#user = join(parent, `gunicorn-prometheus-exporter-${process.getuid?.() ?? 'user'}`)
    this.#directory = join(
      this.#user,
      line === 'preload' ? `${primaryPid}` : `${primaryPid}.${line}`,
    )
  }

  /**
   * In the primary, before its first fork: what lies there is of an earlier process with its pid.
   * @throws where the directory cannot be made, or is not this user's alone.
   */
  prepare(): void {
    mkdirSync(this.#user, { recursive: true, mode: 0o700 })
    assertOurs(this.#user)
    this.clear()
    mkdirSync(this.#directory, { mode: 0o700 })
  }

  /** In the primary, at its end. */
  clear(): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /**
   * In a worker. Where no primary has prepared for it, nobody would read it: then nothing is written.
   * @throws where the file cannot be written.
   */
  leave(age: number, text: string): void {
    if (!existsSync(this.#directory)) return
    assertOurs(this.#user)
    // Complete or not at all: the primary may be waiting for it.
    const draft = `${this.#path(age)}.draft`
    removeQuietly(draft)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    const file = openSync(draft, flags, 0o600)
    try {
      writeFileSync(file, text)
    } finally {
      closeSync(file)
    }
    // Over an earlier report of ours; this one says everything that it did.
    renameSync(draft, this.#path(age))
  }

  /** Returns and removes the report of a worker; undefined where there is none or it is not to be trusted. */
  take(age: number): string | undefined {
    const path = this.#path(age)
    let file: number
    try {
      assertOurs(this.#user)
      // Not waiting for whoever might have put a pipe there.
      file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    } catch {
      return undefined
    }
    try {
      const status = fstatSync(file)
      const isTrusted = status.isFile() && status.size <= limits.reportChars
      return isTrusted ? readFileSync(file, 'utf8') : undefined
    } catch {
      return undefined
    } finally {
      closeSync(file)
      removeQuietly(path)
    }
  }

  #path(age: number): string {
    return join(this.#directory, `${age}.report.json`)
  }
}

const writableByOthers = 0o022

function assertOurs(directory: string): void {
  const status = lstatSync(directory)
  const uid = process.getuid?.()
  // Where there are no users, as on Windows, there are no such modes either.
  if (status.isDirectory() && uid === undefined) return
  if (status.isDirectory() && status.uid === uid && (status.mode & writableByOthers) === 0) return
  throw new Error(`${directory} is not a directory of this user alone`)
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Mostly there is nothing to remove.
  }
}
