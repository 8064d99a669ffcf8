import { PrivateDirectory } from '../../files/private-directory.ts'
import type { WorkersDirectory } from '../../files/workers-directory.ts'
import { relayLimits } from '../../limits/relay.ts'

/**
 * The last reports of workers, as files. Each worker writes a file when it ends: an ending primary
 * reads no more messages. A file also has room for a large report. At exit, a pipe accepts a
 * limited number of bytes at once: measured, 100 KB always arrived and 500 KB never.
 */
export class LastReports {
  readonly #directory: PrivateDirectory

  constructor(directory: WorkersDirectory) {
    this.#directory = new PrivateDirectory(directory)
  }

  /**
   * In the primary, before each fork: makes the directory unless it is there.
   * @returns whether the directory is new.
   * @throws if the directory cannot be made, or another user owns or can write to the directory.
   */
  prepare(): boolean {
    return this.#directory.make()
  }

  /** In the primary, at its end: removes the directory. */
  clear(): void {
    this.#directory.clear()
  }

  /**
   * In a worker: writes its last report, in place of an earlier report. Writes nothing if no
   * primary has prepared the directory, because no process would read the file.
   * @throws if the file cannot be written.
   */
  leave(forkNumber: number, text: string): void {
    if (!this.#directory.isThere) return
    try {
      this.#directory.replace(nameOf(forkNumber), text)
    } catch (error) {
      // An ending primary can remove the directory during the write.
      if (this.#directory.isThere) throw error
    }
  }

  /**
   * In the primary: returns and removes the report of a worker. Returns undefined if there is no
   * report, or if the file fails the checks of `PrivateDirectory`. An unreadable file stays for
   * another attempt.
   */
  take(forkNumber: number): { readonly text: string } | 'unreadable' | undefined {
    const found = this.#directory.read(nameOf(forkNumber), relayLimits.reportChars)
    if (found === 'missing') return undefined
    if (found === 'unreadable') return found
    this.#directory.remove(nameOf(forkNumber))
    return found === 'refused' ? undefined : { text: found.toString() }
  }
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.report.json`
}
