import { PrivateDirectory } from '../files/private-directory.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { hangStackLimits } from '../limits/hang-stacks.ts'
import { type HangMessage, parseHang } from './hang-message.ts'

/**
 * The stacks of workers whose event loops stand still, in the private directory of the primary. The
 * main thread of such a worker can send nothing, so that the watchdog writes a file.
 */
export class HangFiles {
  readonly #directory: PrivateDirectory

  constructor(directory: WorkersDirectory) {
    this.#directory = new PrivateDirectory(directory)
  }

  /**
   * In a worker. Writes nothing if no primary has prepared the directory.
   * @throws if the file cannot be written.
   */
  write(forkNumber: number, text: string): void {
    if (this.#directory.isThere) this.#directory.replace(nameOf(forkNumber), text)
  }

  /** In a worker, when its event loop moves again; in the primary, when the worker has ended. */
  remove(forkNumber: number): void {
    this.#directory.remove(nameOf(forkNumber))
  }

  /**
   * In the primary. Returns undefined without a file, for an invalid file, and for a file of
   * another process.
   */
  read(forkNumber: number, pid: number | null): HangMessage | undefined {
    const found = this.#directory.read(nameOf(forkNumber), hangStackLimits.fileBytes)
    if (typeof found === 'string') return undefined
    const message = parseHang(found.toString())
    return message && (pid === null || message.pid === pid) ? message : undefined
  }
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.hang.json`
}
