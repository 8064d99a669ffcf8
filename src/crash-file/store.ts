import { randomInt } from 'node:crypto'
import type { PrivateDirectory } from '../files/private-directory.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { primaryDirectory } from '../relay/last-report/primary-directory.ts'
import type { Source } from '../relay/report.ts'
import { type CrashCounts, parseCrashFile } from './reader.ts'
import { CrashFile } from './writer.ts'

export interface CrashFilesOptions {
  /** Where the primary has its directory. */
  readonly parent: string
  readonly primaryPid: number
  /** Whether a file that was read stays where it is. */
  readonly keepsFiles: boolean
}

/** The crash files of one primary's workers, in the directory of their last reports, which goes with the primary. */
export class CrashFiles {
  readonly #directory: PrivateDirectory
  readonly #keepsFiles: boolean

  constructor({ parent, primaryPid, keepsFiles }: CrashFilesOptions) {
    this.#directory = primaryDirectory(parent, primaryPid)
    this.#keepsFiles = keepsFiles
  }

  /**
   * In a worker. Where no primary has prepared for it, nobody would read it: then there is none.
   * @throws where the file cannot be made.
   */
  create(source: Pick<Source, 'pid' | 'startSeconds' | 'forkNumber'>): CrashFile | undefined {
    if (!this.#directory.isThere) return undefined
    const file = this.#directory.create(nameOf(source.forkNumber))
    return new CrashFile(file, source, randomInt(2 ** 32))
  }

  /** In the primary, when a worker has ended. Removes the file, unless files are to be kept. */
  take(forkNumber: number): CrashCounts | 'missing' | 'refused' {
    const found = this.#directory.read(nameOf(forkNumber), crashFileLimits.crashFileBytes)
    if (found !== 'missing' && !this.#keepsFiles) this.#directory.remove(nameOf(forkNumber))
    if (typeof found === 'string') return found
    // Killed before it had written anything.
    if (found.length === 0) return 'missing'
    return parseCrashFile(found) ?? 'refused'
  }
}

function nameOf(forkNumber: number): string {
  return `${forkNumber}.counts`
}
