import { randomInt } from 'node:crypto'
import type { Parent, PrivateDirectory } from '../files/private-directory.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { primaryDirectory } from '../relay/last-report/primary-directory.ts'
import type { Source } from '../relay/report.ts'
import { type CrashCounts, parseCrashFile } from './reader.ts'
import { CrashFile } from './writer.ts'

export interface CrashFilesOptions {
  /** Parent of the primary's directory. */
  readonly parent: Parent
  readonly primaryPid: number
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

  constructor({ parent, primaryPid, keepsFiles }: CrashFilesOptions) {
    this.#directory = primaryDirectory(parent, primaryPid)
    this.#keepsFiles = keepsFiles
  }

  /**
   * In a worker: makes its crash file. Returns undefined if no primary has prepared the directory,
   * because no process would read the file.
   * @throws if the file cannot be made.
   */
  create(source: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>): CrashFile | undefined {
    if (!this.#directory.isThere) return undefined
    const file = this.#directory.create(nameOf(source.forkNumber))
    return new CrashFile(file, source, randomInt(2 ** 32))
  }

  /**
   * In the primary, after a worker has ended: reads the file, and removes it unless `keepsFiles`.
   */
  take(forkNumber: number): CrashCounts | 'missing' | 'refused' {
    const found = this.#directory.read(nameOf(forkNumber), crashFileLimits.crashFileBytes)
    if (found !== 'missing' && !this.#keepsFiles) this.#directory.remove(nameOf(forkNumber))
    if (typeof found === 'string') return found
    // The worker died before its first write.
    if (found.length === 0) return 'missing'
    return parseCrashFile(found) ?? 'refused'
  }
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.counts`
}
