import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'

/** The file with a master's pid. */
export class PidFile {
  readonly #given: string
  #path: string

  /** @throws when the file names a live process, or cannot be written. */
  constructor(path: string) {
    this.#given = path
    this.#path = path
    const other = this.#read()
    if (other !== undefined && other !== process.pid && isAlive(other)) {
      throw new Error(`${path} names process ${other}, which is alive`)
    }
    writeFileSync(path, `${process.pid}\n`)
  }

  /** Renames the file to `FILE.oldbin`, as gunicorn does: a successor writes a new file. */
  stepAside(): void {
    this.#moveTo(`${this.#given}.oldbin`)
  }

  /** Renames the file back, after the end of the successor. */
  stepBack(): void {
    if (existsSync(this.#path)) this.#moveTo(this.#given)
  }

  /** Removes the file, unless the file has the pid of another process. */
  remove(): void {
    if (this.#read() !== process.pid) return
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

  #read(): number | undefined {
    try {
      const pid = Number(readFileSync(this.#path, 'utf8').trim())
      return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
    } catch {
      return undefined
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
