import { PrivateDirectory } from '../files/private-directory.ts'
import type { WorkersDirectory } from '../files/workers-directory.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import type { Source } from '../relay/report.ts'
import { randomBytes } from '../support/process/node-crypto.ts'
import { type CrashCounts, parseCrashFile } from './reader.ts'
import { CrashFile } from './writer.ts'

export interface CrashFilesOptions {
  readonly directory: WorkersDirectory
  /** Whether `take` keeps the files. */
  readonly keepsFiles: boolean
}

/**
 * The crash files of one primary's workers. They are in the directory of the last reports, which
 * the primary removes at its end.
 */
export class CrashFiles {
  readonly #directory: PrivateDirectory
  readonly #keepsFiles: boolean

  constructor({ directory, keepsFiles }: CrashFilesOptions) {
    this.#directory = new PrivateDirectory(directory)
    this.#keepsFiles = keepsFiles
  }

  /**
   * In a worker: makes its crash file. Returns undefined while the directory is missing. The
   * primary makes the directory again.
   * @throws if the file cannot be made.
   */
  create(source: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>): CrashFile | undefined {
    if (!this.#directory.isThere) return undefined
    const name = nameOf(source.forkNumber)
    const file = this.#directory.create(name)
    try {
      return new CrashFile(file, source, randomSeed())
    } catch (error) {
      // The primary would take a part of a head for an invalid file.
      this.#directory.remove(name)
      throw error
    }
  }

  /**
   * In a worker: whether the primary would find the file. A cleaner may have removed it.
   * @throws if another program has cut the file.
   */
  holds(file: CrashFile, forkNumber: number): boolean {
    const size = this.#directory.sizeOf(nameOf(forkNumber), file.descriptor)
    if (size === undefined) return false
    if (size < file.writtenBytes || !file.hasHead) throw new Error('the file has been cut')
    return true
  }

  /** In the primary: whether a worker has a file now. */
  has(forkNumber: number): boolean {
    return this.#directory.has(nameOf(forkNumber))
  }

  /**
   * In the primary, after a worker has ended: reads the file, and removes it unless `keepsFiles`.
   * An `unreadable` file stays for another attempt.
   */
  take(forkNumber: number): CrashCounts | 'missing' | 'refused' | 'unreadable' {
    const found = this.#directory.read(nameOf(forkNumber), crashFileLimits.crashFileBytes)
    if (found === 'unreadable') return found
    if (found !== 'missing' && !this.#keepsFiles) this.#directory.remove(nameOf(forkNumber))
    if (typeof found === 'string') return found
    // The worker died before its first write.
    if (found.length === 0) return 'missing'
    return parseCrashFile(found) ?? 'refused'
  }
}

function randomSeed(): number {
  const { buffer } = randomBytes(4)
  return new DataView(buffer).getUint32(0)
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.counts`
}
