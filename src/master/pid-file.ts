import { existsSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'

/** The file that tells a master's pid. */
export class PidFile {
  readonly #given: string
  #path: string

  /** @throws where the file names a process that lives, or cannot be written. */
  constructor(path: string) {
    this.#given = path
    this.#path = path
    const other = this.#read()
    if (other !== undefined && other !== process.pid && isAlive(other)) {
      throw new Error(`${path} names process ${other}, which is alive`)
    }
    writeFileSync(path, `${process.pid}\n`)
  }

  /** Makes way for a successor, as gunicorn does: ours is `FILE.oldbin` then. */
  stepAside(): void {
    this.#moveTo(`${this.#given}.oldbin`)
  }

  /** The successor is gone: ours is the file again. */
  stepBack(): void {
    if (existsSync(this.#path)) this.#moveTo(this.#given)
  }

  /** Removes the file, unless another process has put its own pid there. */
  remove(): void {
    if (this.#read() !== process.pid) return
    try {
      unlinkSync(this.#path)
    } catch {
      // Somebody removed it already.
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
