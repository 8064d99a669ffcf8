import type { CountPlaces } from '../collect/counts/count-places.ts'
import type { RequestCounts } from '../collect/counts/request-counts.ts'
import type { CrashFile } from './writer.ts'

/** The counts of a worker, which live in the pages of its crash file. */
export class CountsInFile {
  readonly #file: CrashFile
  readonly #counts: RequestCounts
  readonly #lasting: readonly Float64Array[]
  readonly #touch: (numbers: Float64Array) => void

  /** @param places room in the file. */
  constructor(file: CrashFile, counts: RequestCounts, places: CountPlaces) {
    this.#file = file
    this.#counts = counts
    this.#touch = (numbers) => file.touch(numbers)
    counts.moveTo(places)
    this.#lasting = counts.lasting
  }

  /**
   * Writes the counts that changed since the last call.
   * @throws if the file cannot be written.
   */
  write(): void {
    for (const numbers of this.#lasting) this.#touch(numbers)
    this.#counts.takeTouched(this.#touch)
    this.#file.flush()
  }

  /** Whether the file passes a check. */
  isIn(holds: (file: CrashFile) => boolean): boolean {
    return holds(this.#file)
  }

  close(): void {
    this.#file.close()
  }
}
