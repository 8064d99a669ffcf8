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
import { makeDirectory } from './make-directory.ts'
import { assertTrusted, userDirectory } from './trusted.ts'

/**
 * A directory for one process, inside the directory of its user, inside a parent that every user
 * may write to. Writer and reader derive the path from the process alone. Neither trusts the
 * entries without a check.
 */
export class PrivateDirectory {
  readonly #user: string
  readonly #path: string

  constructor(parent: string, name: string) {
    this.#user = userDirectory(parent)
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
    makeDirectory(this.#user)
    assertTrusted(this.#user)
    this.clear()
    mkdirSync(this.#path, { mode: 0o700 })
  }

  clear(): void {
    rmSync(this.#path, { recursive: true, force: true })
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
    assertTrusted(this.#user)
    assertTrusted(this.#path)
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
export function namesBelow(parent: string, limit: number): string[] {
  const names: string[] = []
  try {
    assertTrusted(userDirectory(parent))
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
    // No process of this user has written here, or another user owns the directory.
  }
  return names
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
