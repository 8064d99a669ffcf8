const empty = new Float64Array(0)

/** Rows of numbers in one array, all of one width. A released row is used again. */
export class Rows {
  readonly width: number
  /** Another array after `take`. */
  values: Float64Array = empty
  /** Offsets of released rows. */
  readonly #free: number[] = []
  /** Offset after the last row. */
  #end = 0

  constructor(width: number) {
    this.width = width
  }

  /** Rows in use. */
  get size(): number {
    return this.width === 0 ? 0 : this.#end / this.width - this.#free.length
  }

  /** Whether the array holds far more memory than its rows need. */
  get isSparse(): boolean {
    const { length } = this.values
    return length >= leastSparseLength && 4 * this.size * this.width < length
  }

  /** @returns the offset of a row of zeros. */
  take(): number {
    const released = this.#free.pop()
    if (released !== undefined) {
      this.values.fill(0, released, released + this.width)
      return released
    }
    const at = this.#end
    this.#end += this.width
    if (this.#end > this.values.length) this.#grow()
    return at
  }

  release(at: number): void {
    this.#free.push(at)
  }

  /** By half: most tables stop growing after the first reports of all workers. */
  #grow(): void {
    const wanted = Math.floor((1.5 * this.#end) / this.width) * this.width
    const grown = new Float64Array(Math.max(this.#end, wanted))
    grown.set(this.values)
    this.values = grown
  }
}

/** Below this length, a new array saves less than its own header. */
const leastSparseLength = 512
