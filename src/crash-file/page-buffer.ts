import { blockAt, blockBytes, blockHeadBytes, checksum, seedOf, turnAt } from './layout.ts'
import { writeAll } from './write-all.ts'

/** One page of a crash file in memory. A write goes to one of its two blocks on the disk. */
export class PageBuffer {
  isChanged = false
  #used = 0
  #sequence = 0
  readonly #index: number
  readonly #seed: number
  readonly #bytes: Uint8Array
  readonly #words: Uint32Array
  readonly #head: Float64Array

  /** @param image all pages of the file, in their order. */
  constructor(
    index: number,
    { image, seed }: { readonly image: ArrayBuffer; readonly seed: number },
  ) {
    const at = index * blockBytes
    this.#index = index
    this.#seed = seedOf(index, seed)
    this.#bytes = new Uint8Array(image, at, blockBytes)
    this.#words = new Uint32Array(image, at, 2)
    this.#head = new Float64Array(image, at, blockHeadBytes / 8)
  }

  /** Sets the end of the slots that have names. */
  use(end: number): void {
    this.#used = end
    this.isChanged = true
  }

  /**
   * @param turn number of this write of the file.
   * @throws if the file cannot be written.
   */
  write(file: number, turn: number): void {
    this.#sequence += 1
    const length = blockHeadBytes + 8 * this.#used
    this.#head[1] = this.#sequence
    this.#head[turnAt / 8] = turn
    this.#words[1] = this.#used
    this.#words[0] = checksum(this.#bytes, length, this.#seed)
    writeAll(file, this.#bytes.subarray(0, length), blockAt(this.#index, this.#sequence))
    this.isChanged = false
  }
}
