import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  lstatSync,
  mkdirSync,
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
import { join } from 'node:path'
import type { Owner } from '../support/process/accounts.ts'
import { makeDirectory } from './make-directory.ts'
import { assertTrusted, userDirectory } from './trusted.ts'

/** The directory above, and the user for whom root keeps the directory: default, this user. */
export type Parent = string | { readonly path: string; readonly owner: Owner }

/**
 * A directory for one process, inside the directory of its user, inside a parent that every user
 * may write to. Writer and reader derive the path from the process alone. Neither trusts the
 * entries without a check.
 */
export class PrivateDirectory {
  readonly #user: string
  readonly #path: string
  readonly #owner: Owner | undefined

  constructor(parent: Parent, name: string) {
    const { path, owner } = typeof parent === 'string' ? { path: parent } : parent
    this.#owner = owner
    this.#user = userDirectory(path, owner?.uid)
    this.#path = join(this.#user, name)
  }

  /** Whether a process has prepared the directory. */
  get isThere(): boolean {
    return existsSync(this.#path)
  }

  /**
   * Makes the directory and removes the files of an earlier process with the same name.
   * @throws where the directory cannot be made, or does not belong to this user alone.
   */
  prepare(): void {
    const isNew = !existsSync(this.#user)
    makeDirectory(this.#user)
    if (isNew) this.#hand(this.#user)
    assertTrusted(this.#user, this.#owner?.uid)
    this.clear()
    mkdirSync(this.#path, { mode: 0o700 })
    this.#hand(this.#path)
  }

  /**
   * Makes the directory, and keeps the files of an earlier process with the same name.
   * @throws where the directory cannot be made, or does not belong to this user alone.
   */
  make(): void {
    makeDirectory(this.#path)
    this.#assert()
  }

  clear(): void {
    // The owner could put a link in the place of a directory while root removes its entries.
    if (this.#owner) clearOwned(this.#path)
    else rmSync(this.#path, { recursive: true, force: true })
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
    return openSync(join(this.#path, name), flags, 0o600)
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

  /** @param bytes largest accepted size. Anything but a regular file is refused too. */
  read(name: string, bytes: number): Buffer | 'missing' | 'refused' {
    let file: number
    try {
      this.#assert()
      // O_NONBLOCK: opening a pipe would wait for a writer.
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
    return namesIn(this.#path, limit, this.#owner?.uid)
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

  #assert(): void {
    assertTrusted(this.#user, this.#owner?.uid)
    assertTrusted(this.#path, this.#owner?.uid)
  }

  /** Gives a new directory to the owner. */
  #hand(path: string): void {
    if (!this.#owner) return
    const { uid, gid } = this.#owner
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
    const directory = openSync(path, flags)
    try {
      fchownSync(directory, uid, gid)
    } finally {
      closeSync(directory)
    }
  }
}

/** Removes a directory of files. On Linux, the path goes through a descriptor of the directory. */
function clearOwned(path: string): void {
  if (!existsSync(path)) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    const held = existsSync('/proc/self/fd') ? `/proc/self/fd/${directory}` : path
    for (const name of readdirSync(held)) unlinkSync(join(held, name))
    rmdirSync(path)
  } finally {
    closeSync(directory)
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

/**
 * The first names in this user's directory below a parent; empty where the directory is not
 * trusted.
 */
export function namesBelow(parent: Parent, limit: number): string[] {
  const { path, owner } = typeof parent === 'string' ? { path: parent } : parent
  return namesIn(userDirectory(path, owner?.uid), limit, owner?.uid)
}

/** Empty where the directory is not trusted. */
function namesIn(path: string, limit: number, user: number | undefined): string[] {
  const names: string[] = []
  try {
    assertTrusted(path, user)
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

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
