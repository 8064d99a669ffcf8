import { watched } from '../collect/counts/count-places.ts'
import type { RequestCounts } from '../collect/counts/request-counts.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { messageOf } from '../support/error-message.ts'
import { failureChanges } from '../support/failure-changes.ts'
import { afterTurn, afterWhile } from './after-turn.ts'
import { CountsInFile } from './counts-in-file.ts'
import { TurnPace } from './turn-pace.ts'
import type { CrashFile } from './writer.ts'

/** `turn`: at the end of the turn of the event loop; `response`: at once, with each count. */
type CrashFileWrite = 'turn' | 'response'

export interface CrashSafeCountsOptions {
  readonly requestCounts: RequestCounts
  /**
   * Makes the file, in place of an earlier file. Returns undefined while no primary would read the
   * file.
   * @throws if the file cannot be made.
   */
  readonly open: () => CrashFile | undefined
  /**
   * Whether the primary would find the file. Default: always.
   * @throws if the file lacks a part.
   */
  readonly holds?: (file: CrashFile) => boolean
  /** When a new count is written. Default: `turn`. */
  readonly write?: CrashFileWrite
  readonly onFault: (part: string) => void
  readonly warn: (text: string) => void
  /**
   * How long to wait if `open` returns undefined, ms. Default: `crashFileLimits.crashFilePollMs`.
   */
  readonly pollMs?: number
  /** How long a file counts as held, ms. Default: `crashFileLimits.crashFileCheckMs`. */
  readonly checkMs?: number
  /** How long to wait after an error, ms. Default: `crashFileLimits.crashFileRetryMs`. */
  readonly retryMs?: number
}

/**
 * Writes the counts of a worker to its crash file, once for each turn of the event loop with a new
 * count, or with each count. After an error, a new file is tried at intervals. A line tells when
 * errors begin, and when they end. `bench/README.md` has the cost.
 */
export class CrashSafeCounts {
  readonly #options: CrashSafeCountsOptions
  readonly #note: (error: string | undefined) => void
  #counts: CountsInFile | undefined
  readonly #pace = new TurnPace()
  #isCheckDue = false

  constructor(options: CrashSafeCountsOptions) {
    this.#options = options
    this.#note = failureChanges({
      onFailing: (error) =>
        options.warn(
          'the crash file of this worker cannot be written, trying again; ' +
            `if it is killed, the worker loses its last second: ${error}`,
        ),
      onRecovered: () => options.warn('the crash file of this worker is written again'),
    })
    this.#checkLater()
    this.#guard(() => {
      // At once: the process may drop its privileges later.
      this.#counts = this.#open()
      this.#await()
    })
  }

  // Made once, because these functions run in each turn with a count.
  readonly #atCount = (): void => {
    if (this.#options.write === 'response' || this.#pace.isAtOnce) this.#writeNow()
    else afterTurn(this.#writeNow)
  }
  readonly #setCheckDue = (): void => {
    this.#isCheckDue = true
  }
  readonly #writeNow = (): void => this.#guard(this.#write)
  readonly #write = (): void => {
    this.#check()
    this.#counts ??= this.#open()
    if (!this.#counts) {
      this.#awaitLater(this.#options.pollMs ?? crashFileLimits.crashFilePollMs)
      return
    }
    this.#counts.write()
    this.#pace.wrote(this.#options.requestCounts.ended)
    this.#note(undefined)
    this.#await()
  }

  /** Gives up a file that a cleaner of temporary files has removed. A new file has all counts. */
  #check(): void {
    if (!this.#counts || !this.#isCheckDue) return
    const { holds = () => true } = this.#options
    this.#checkLater()
    if (this.#counts.isIn(holds)) return
    this.#counts.close()
    this.#counts = undefined
  }

  #checkLater(): void {
    this.#isCheckDue = false
    afterWhile(this.#setCheckDue, this.#options.checkMs ?? crashFileLimits.crashFileCheckMs)
  }

  #open(): CountsInFile | undefined {
    const { open, requestCounts, onFault } = this.#options
    const file = open()
    const onFull = (): void => onFault('crash_file_limit')
    return file && new CountsInFile(file, requestCounts, watched(file, onFull))
  }

  #await(): void {
    this.#options.requestCounts.onNext(this.#atCount)
  }

  #awaitLater(delayMs: number): void {
    afterWhile(() => this.#await(), delayMs)
  }

  #guard(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#counts?.close()
      this.#counts = undefined
      this.#options.onFault('crash_file')
      this.#note(messageOf(error))
      this.#awaitLater(this.#options.retryMs ?? crashFileLimits.crashFileRetryMs)
    }
  }
}
