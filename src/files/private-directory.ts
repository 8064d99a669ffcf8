import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makeDirectory, writableByOthers } from './make-directory.ts'

/**
 * A directory of one process's, in one of this user's alone, in one that may be everybody's. Both sides know the path
 * without a word exchanged, and neither trusts what it finds there.
 */
export class PrivateDirectory {
  /** Below a directory that may be everybody's: one of this user's alone. */
  readonly #user: string
  readonly #path: string

  constructor(parent: string, name: string) {
    this.#user = userDirectory(parent)
    this.#path = join(this.#user, name)
  }

  /** Whether somebody has prepared it. */
  get isThere(): boolean {
    return existsSync(this.#path)
  }

  /**
   * Makes it, empty: what lies there is of an earlier process of that name.
   * @throws where the directory cannot be made, or is not this user's alone.
   */
  prepare(): void {
    makeDirectory(this.#user)
    assertOurs(this.#user)
    this.clear()
    mkdirSync(this.#path, { mode: 0o700 })
  }

  clear(): void {
    rmSync(this.#path, { recursive: true, force: true })
  }

  /**
   * Opens a new file for writing, in place of one of that name.
   * @throws where it cannot be made.
   */
  create(name: string): number {
    this.#assert()
    this.remove(name)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    return openSync(join(this.#path, name), flags, 0o600)
  }

  /**
   * Writes a file that is complete or not there: somebody may be waiting for it.
   * @throws where it cannot be written.
   */
  replace(name: string, text: string): void {
    const draft = `${name}.draft`
    const file = this.create(draft)
    try {
      writeFileSync(file, text)
    } finally {
      closeSync(file)
    }
    renameSync(join(this.#path, draft), join(this.#path, name))
  }

  /** @param bytes a longer file is refused, like whatever is no file. */
  read(name: string, bytes: number): Buffer | 'missing' | 'refused' {
    let file: number
    try {
      this.#assert()
      // Not waiting for whoever might have put a pipe there.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      file = openSync(join(this.#path, name), flags)
    } catch (error) {
      return isAbsent(error) ? 'missing' : 'refused'
    }
    try {
      const status = fstatSync(file)
      return status.isFile() && status.size <= bytes ? readFileSync(file) : 'refused'
    } catch {
      return 'refused'
    } finally {
      closeSync(file)
    }
  }

  /** Differs after every `replace`; undefined where there is no such file. */
  stamp(name: string): DirectoryIdentity | undefined {
    try {
      const { ino, size, mtimeMs } = lstatSync(join(this.#path, name))
      return { text: `${ino} ${size} ${mtimeMs}`, size, mtimeMs }
    } catch {
      return undefined
    }
  }

  remove(name: string): void {
    try {
      unlinkSync(join(this.#path, name))
    } catch {
      // Mostly there is nothing to remove.
    }
  }

  #assert(): void {
    assertOurs(this.#user)
    assertOurs(this.#path)
  }
}

/** A state of a file. */
export interface DirectoryIdentity {
  readonly text: string
  /** Bytes. */
  readonly size: number
  /** Unix milliseconds. */
  readonly mtimeMs: number
}

/** Names of this user's private directories below a parent, the first of them; none where they are not to be trusted. */
export function namesBelow(parent: string, limit: number): string[] {
  const names: string[] = []
  try {
    assertOurs(userDirectory(parent))
    const directory = opendirSync(userDirectory(parent))
    try {
      while (names.length < limit) {
        const entry = directory.readSync()
        if (!entry) break
        names.push(entry.name)
      }
    } finally {
      directory.closeSync()
    }
  } catch {
    // Nobody has been there yet, or somebody who should not.
  }
  return names
}

function userDirectory(parent: string): string {
  return join(parent, `gunicorn-prometheus-exporter-${process.getuid?.() ?? 'user'}`)
}

function assertOurs(directory: string): void {
  const status = lstatSync(directory)
  const uid = process.getuid?.()
  // Where there are no users, as on Windows, there are no such modes either.
  if (status.isDirectory() && uid === undefined) return
  if (status.isDirectory() && status.uid === uid && (status.mode & writableByOthers) === 0) return
  throw new Error(`${directory} is not a directory of this user alone`)
}

function isAbsent(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}
