import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isForbidden } from '../support/error-code.ts'
import { messageOf } from '../support/error-message.ts'
import { setMode } from '../support/process/set-mode.ts'
import { clearClosedDirectory, clearOpenDirectory } from './clear-directory.ts'
import { entriesOf } from './directory-names.ts'
import { isAbsent, refusalOf, unlessPassing } from './file-errors.ts'
import { makeDirectory } from './make-directory.ts'
import type { PrivatePlace } from './private-place.ts'
import { assertOwned, assertTrusted } from './trusted.ts'

/** Modes of the directory of root and of an open directory in it. */
const traversable = 0o711
const writable = 0o733

/**
 * A directory for one process, inside the directory of its user, inside a parent that every user
 * may write to. Neither writer nor reader trusts the entries without a check.
 */
export class PrivateDirectory {
  readonly #place: PrivatePlace
  readonly #user: string
  readonly #path: string

  constructor(place: PrivatePlace) {
    this.#place = place
    this.#path = place.path
    this.#user = dirname(place.path)
  }

  /**
   * Whether a process has made the directory. False under `--permission` without the flag for the
   * path: the primary tells the operator.
   * @throws where this process may not look.
   */
  get isThere(): boolean {
    try {
      return lstatSync(this.#path, { throwIfNoEntry: false }) !== undefined
    } catch (error) {
      if (isForbidden(error)) return false
      throw error
    }
  }

  /**
   * Makes the directory unless it is there. Files stay.
   * @returns whether the directory is new.
   * @throws where the directory cannot be made, or does not belong to the user of the place.
   */
  make(): boolean {
    makeDirectory(this.#user)
    this.#assertUser()
    if (this.#place.isOpen) setDirectoryMode(this.#user, traversable)
    const isNew = !existsSync(this.#path)
    makeDirectory(this.#path)
    this.#assert()
    if (this.#place.isOpen) setDirectoryMode(this.#path, writable)
    return isNew
  }

  /** @throws where the directory cannot be removed. */
  clear(): void {
    if (this.#place.isOpen) clearOpenDirectory(this.#path)
    else clearClosedDirectory(this.#path)
  }

  /**
   * Opens a new file for writing and reading, and removes an earlier file of the same name.
   * @returns the file descriptor.
   * @throws where the file cannot be made.
   */
  create(name: string): number {
    this.#assert()
    this.remove(name)
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
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

  /**
   * @returns whether the file has the new name now; false where the file has gone.
   * @throws where the system cannot rename now.
   */
  rename(name: string, newName: string): boolean {
    try {
      this.#assert()
      renameSync(join(this.#path, name), join(this.#path, newName))
      return true
    } catch (error) {
      return unlessPassing(error, false)
    }
  }

  /** The first names of files. @throws where the system cannot read the directory now. */
  names(limit: number): string[] {
    try {
      this.#assert()
      return entriesOf(this.#path, limit)
    } catch (error) {
      return unlessPassing(error, [])
    }
  }

  /** Why `read` refuses the file, for the operator. @param bytes largest accepted size. */
  refusalReason(name: string, bytes: number): string {
    try {
      this.#assert()
    } catch (error) {
      return messageOf(error)
    }
    const { size } = this.stamp(name) ?? { size: 0 }
    if (size > bytes) return `the file is larger than ${bytes / 1_048_576} MiB`
    return 'the file cannot be read, or is no regular file'
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

  /** Whether there is an entry of this name. False where this process may not look. */
  has(name: string): boolean {
    return existsSync(join(this.#path, name))
  }

  remove(name: string): void {
    try {
      unlinkSync(join(this.#path, name))
    } catch {
      // Mostly the file does not exist.
    }
  }

  /** Bytes of the descriptor's file; undefined where the file no longer has this name. */
  sizeOf(name: string, file: number): number | undefined {
    const found = lstatSync(join(this.#path, name), { throwIfNoEntry: false })
    if (found === undefined) return undefined
    const { ino, dev, size } = fstatSync(file)
    return found.ino === ino && found.dev === dev ? size : undefined
  }

  /**
   * Unix milliseconds of the latest change of the directory or of a file; 0 if it is missing.
   * @throws where the system cannot read the directory now.
   */
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

function setDirectoryMode(path: string, mode: number): void {
  // A primary that has given up root may not open the directory.
  if ((lstatSync(path).mode & 0o777) === mode) return
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW
  const directory = openSync(path, flags)
  try {
    setMode(directory, path, mode)
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
