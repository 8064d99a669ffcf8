import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { resolve } from 'node:path'
import { codedError } from '../model/errors/coded-error.ts'
import { errorCodeOf } from '../support/error-code.ts'
import { setMode } from '../support/process/set-mode.ts'
import { canLive, type PidRecord } from './process/pid-holder.ts'

/** Every user may read the pid, whatever the umask is: monitoring runs as another user. */
const mode = 0o644

/** The file with a master's pid. */
export class PidFile {
  readonly #given: string
  #path: string

  /** @throws when the file names a live process, or cannot be written. */
  constructor(path: string) {
    // A reload can change the working directory.
    this.#given = resolve(path)
    this.#path = this.#given
    const other = this.#read()
    if (other !== undefined && other.pid !== process.pid && canLive(other)) {
      throw codedError('GPE_PID_FILE', `${path} names process ${other.pid}, which is alive`)
    }
    write(this.#path, `${process.pid}\n`)
  }

  /** Renames the file to `FILE.oldbin`, as gunicorn does: a successor writes a new file. */
  stepAside(): void {
    // The operator, or the end of a release, can have removed the file.
    if (existsSync(this.#path)) this.#moveTo(`${this.#given}.oldbin`)
  }

  /** Renames the file back, after the end of the successor. */
  stepBack(): void {
    if (existsSync(this.#path)) this.#moveTo(this.#given)
  }

  /** Removes the file, unless the file has the pid of another process. */
  remove(): void {
    if (this.#read()?.pid !== process.pid) return
    try {
      unlinkSync(this.#path)
    } catch {
      // Another process has removed the file.
    }
  }

  #moveTo(path: string): void {
    renameSync(this.#path, path)
    this.#path = path
  }

  #read(): PidRecord | undefined {
    try {
      const file = openSync(this.#path, 'r')
      try {
        const pid = Number(readFileSync(file, 'utf8').trim())
        const isPid = Number.isSafeInteger(pid) && pid > 0
        return isPid ? { pid, writtenMs: fstatSync(file).mtimeMs } : undefined
      } finally {
        closeSync(file)
      }
    } catch {
      return undefined
    }
  }
}

/** @throws with the name of the file. */
function write(path: string, text: string): void {
  try {
    replaceOrOverwrite(path, text)
  } catch (error) {
    throw notWritten(path, error)
  }
}

function replaceOrOverwrite(path: string, text: string): void {
  try {
    replace(path, text)
  } catch (error) {
    // An administrator can give the user this file alone, in a directory of root.
    if (!existsSync(path)) throw error
    writeFileSync(path, text)
  }
}

/** The error of the system names the draft, which the operator does not know. */
function notWritten(path: string, error: unknown): Error {
  return codedError(
    'GPE_PID_FILE',
    `The pid file ${path} cannot be written: ${errorCodeOf(error)}`,
    {
      cause: error,
    },
  )
}

/** A reader finds the earlier file or the complete new file. */
function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}.draft`
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  rmSync(draft, { force: true })
  const file = openSync(draft, flags, mode)
  try {
    setMode(file, draft, mode)
    writeSync(file, text)
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}
