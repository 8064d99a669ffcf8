import { blockAt, blockBytes, blockHeadBytes, checksum, seedOf, turnAt } from './layout.ts'
import { writeAll } from './write-all.ts'

/** One page of a crash file in memory. A write goes to one of its two blocks on the disk. */
export class PageBuffer {
  isChanged = false
  #used = 0
  #sequence = 0
  readonly #index: number
  readonly #seed: number
  readonly #values: Float64Array
  readonly #bytes = new Uint8Array(blockBytes)
  readonly #words = new Uint32Array(this.#bytes.buffer)
  readonly #sequenceField = new Float64Array(this.#bytes.buffer, 8, 1)
  readonly #turnField = new Float64Array(this.#bytes.buffer, turnAt, 1)

  constructor(index: number, fileSeed: number) {
    this.#index = index
    this.#seed = seedOf(index, fileSeed)
    this.#values = new Float64Array(this.#bytes.buffer, blockHeadBytes)
  }

  /** Sets the end of the slots that have names. */
  use(end: number): void {
    this.#used = end
    this.isChanged = true
  }

  store(place: number, value: number): void {
    if (this.#values[place] === value) return
    this.#values[place] = value
    this.isChanged = true
  }

  /**
   * @param turn number of this write of the file.
   * @throws if the file cannot be written.
   */
  write(file: number, turn: number): void {
    this.#sequence += 1
    this.#turnField[0] = turn
    const length = blockHeadBytes + 8 * this.#used
    this.#sequenceField[0] = this.#sequence
    this.#words[1] = this.#used
    this.#words[0] = checksum(this.#bytes, length, this.#seed)
    writeAll(file, this.#bytes.subarray(0, length), blockAt(this.#index, this.#sequence))
    this.isChanged = false
  }
}
