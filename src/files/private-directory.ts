import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { filesLimits } from '../limits/files.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { makeDirectory } from './make-directory.ts'
import { assertOwned, assertTrusted, userDirectory } from './trusted.ts'

/** Where a private directory is. Its parent is the directory of a user. */
export interface Place {
  readonly path: string
  /** The user that makes both directories; null without user ids. */
  readonly user: number | null
  /**
   * Whether each process that knows the name may write. Workers of root can change their user at
   * any time. The name is secret then: other users cannot list the directory of root.
   */
  readonly isOpen: boolean
}

/** A private directory in the directory of this user, inside a parent. */
export function placeBelow(parent: string, name: string): Place {
  return placeIn(userDirectory(parent), name)
}

/** A private directory in the given directory of this user. */
export function placeIn(user: string, name: string): Place {
  return { path: join(user, name), user: process.getuid?.() ?? null, isOpen: false }
}

/** Modes of the directory of root and of an open directory in it. */
const traversable = 0o711
const writable = 0o733

/**
 * A directory for one process, inside the directory of its user, inside a parent that every user
 * may write to. Neither writer nor reader trusts the entries without a check.
 */
export class PrivateDirectory {
  readonly #place: Place
  readonly #user: string
  readonly #path: string

  constructor(place: Place) {
    this.#place = place
    this.#path = place.path
    this.#user = dirname(place.path)
  }

  /**
   * Whether a process has made the directory.
   * @throws where this process may not look.
   */
  get isThere(): boolean {
    return lstatSync(this.#path, { throwIfNoEntry: false }) !== undefined
  }

  /**
   * Makes the directory unless it is there. Files stay.
   * @returns whether the directory is new.
   * @throws where the directory cannot be made, or does not belong to the user of the place.
   */
  make(): boolean {
    makeDirectory(this.#user)
    this.#assertUser()
    if (this.#place.isOpen) setMode(this.#user, traversable)
    const isNew = !existsSync(this.#path)
    makeDirectory(this.#path)
    this.#assert()
    if (this.#place.isOpen) setMode(this.#path, writable)
    return isNew
  }

  /** @throws where the directory cannot be removed. */
  clear(): void {
    // A worker could put a link in the place of a directory while root removes its entries.
    if (this.#place.isOpen) clearOpen(this.#path)
    else clearClosed(this.#path)
  }

  /**
   * Opens a new file for writing and removes an earlier file of the same name.
   * @returns the file descriptor.
   * @throws where the file cannot be made.
   */
  create(name: string): number {
    this.#assert()
    this.remove(name)
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
    // A primary that has given up root reads the files of its first workers.
    return openSync(join(this.#path, name), flags, this.#place.isOpen ? 0o644 : 0o600)
  }

  /**
   * Writes a file in one step: a reader finds the earlier file or the complete new file.
   * @throws where the file cannot be written.
   */
  replace(name: string, content: string | Buffer): void {
    const draft = `${name}.draft`
    const file = this.create(draft)
    try {
      writeFileSync(file, content)
    } finally {
      closeSync(file)
    }
    renameSync(join(this.#path, draft), join(this.#path, name))
  }

  /**
   * `unreadable`: the system cannot read now, for example without a free descriptor.
   * @param bytes largest accepted size. Anything but a regular file is refused too.
   */
  read(name: string, bytes: number): Buffer | 'missing' | 'refused' | 'unreadable' {
    let file: number
    try {
      this.#assert()
      // O_NONBLOCK: opening a pipe would wait for a writer.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      file = openSync(join(this.#path, name), flags)
    } catch (error) {
      return isAbsent(error) ? 'missing' : refusalOf(error)
    }
    try {
      const status = fstatSync(file)
      return status.isFile() && status.size <= bytes ? readFileSync(file) : 'refused'
    } catch (error) {
      return refusalOf(error)
    } finally {
      closeSync(file)
    }
  }

  /** @returns whether the file has the new name now; false where the file has gone. */
  rename(name: string, newName: string): boolean {
    try {
      this.#assert()
      renameSync(join(this.#path, name), join(this.#path, newName))
      return true
    } catch {
      return false
    }
  }

  /** The first names of files. */
  names(limit: number): string[] {
    return namesIn(this.#path, limit, () => this.#assert())
  }

  /** Differs after every `replace`; undefined where the file is missing. */
  stamp(name: string): FileState | undefined {
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
      // Mostly the file does not exist.
    }
  }

  /** Whether the file of the descriptor still has this name. */
  holds(name: string, file: number): boolean {
    const found = lstatSync(join(this.#path, name), { throwIfNoEntry: false })
    if (found === undefined) return false
    const { ino, dev } = fstatSync(file)
    return found.ino === ino && found.dev === dev
  }

  /** Unix milliseconds of the latest change of the directory or of a file; 0 if it is missing. */
  changedAt(limit: number): number {
    const paths = [this.#path, ...this.names(limit).map((name) => join(this.#path, name))]
    const times = paths.map((path) => lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    return Math.max(...times)
  }

  #assert(): void {
    this.#assertUser()
    const { user, isOpen } = this.#place
    if (isOpen) assertOwned(this.#path, user ?? undefined)
    else assertTrusted(this.#path, user ?? undefined)
  }

  #assertUser(): void {
    assertTrusted(this.#user, this.#place.user ?? undefined)
  }
}

function setMode(path: string, mode: number): void {
  // A primary that has given up root may not open the directory.
  if ((lstatSync(path).mode & 0o777) === mode) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    fchmodSync(directory, mode)
  } finally {
    closeSync(directory)
  }
}

/** Removes a directory of files. On Linux, the path goes through a descriptor of the directory. */
function clearOpen(path: string): void {
  if (!existsSync(path)) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    const held = existsSync('/proc/self/fd') ? `/proc/self/fd/${directory}` : path
    for (let attempt = 1; ; attempt += 1) {
      // Another thread can remove a file first, and an ending worker can make one.
      for (const name of readdirSync(held)) rmSync(join(held, name), { force: true })
      if (isRemoved(path, attempt === filesLimits.clearAttempts)) return
    }
  } finally {
    closeSync(directory)
  }
}

/** An ending worker can make a file meanwhile. `rmSync` then leaves the directory in silence. */
function clearClosed(path: string): void {
  for (let attempt = 1; attempt <= filesLimits.clearAttempts; attempt += 1) {
    rmSync(path, { recursive: true, force: true, maxRetries: 10 })
    if (!existsSync(path)) return
  }
}

/** @throws at the last attempt, where the directory has files again. */
function isRemoved(path: string, isLast: boolean): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (isLast) throw error
    return false
  }
}

/** A state of a file. */
export interface FileState {
  readonly text: string
  /** Bytes. */
  readonly size: number
  /** Unix milliseconds. */
  readonly mtimeMs: number
}

/** The first names in a directory of this user; empty where the directory is not trusted. */
export function namesOf(user: string, limit: number): string[] {
  return namesIn(user, limit, () => assertTrusted(user))
}

/** Empty where the directory is not trusted. */
function namesIn(path: string, limit: number, assert: () => void): string[] {
  const names: string[] = []
  try {
    assert()
    const directory = opendirSync(path)
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
    // No process of this user has written here, or another user owns the directory.
  }
  return names
}

/** Errors that say nothing about the file. A later attempt can succeed. */
const passing: ReadonlySet<unknown> = new Set([
  ...['EAGAIN', 'EBUSY', 'EINTR', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM'],
])

function refusalOf(error: unknown): 'refused' | 'unreadable' {
  return passing.has(errorCodeOf(error)) ? 'unreadable' : 'refused'
}

function isAbsent(error: unknown): boolean {
  return errorCodeOf(error) === 'ENOENT'
}
