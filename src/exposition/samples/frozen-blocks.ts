import type { Attributes, Point } from '../../model/metric.ts'
import type { SeriesBlock } from '../../model/series-block.ts'
import type { KeptLines } from './kept-lines.ts'
import type { LabelBlock } from './label-block.ts'

/** A block at the moment of its page. The block itself can change before the page is complete. */
export interface FrozenBlock {
  readonly block: SeriesBlock
  readonly version: number
  readonly shape: number
  /** Number of series. */
  readonly count: number
  /** Empty where the kept lines are enough. */
  readonly series: readonly Attributes[]
  /** The kept labels. */
  labels: LabelBlock | undefined
  /** The kept lines. */
  readonly lines: KeptLines | undefined
  /** Place of the first row in the snapshot. Undefined where nothing needs the values. */
  readonly at: number | undefined
}

/** The values of one row, and where they begin. */
export interface FrozenValues {
  readonly values: Float64Array
  /** Number of values of each row. */
  readonly width: number
}

/** Copies of values, so that all values of a page come from one moment. */
export class Snapshot {
  #values = new Float64Array(firstValues)
  #used = 0

  get values(): Float64Array {
    return this.#values
  }

  /** Copies the values of a block. @returns the place of the first row. */
  copy({ rows }: SeriesBlock, { values, width }: FrozenValues): number {
    this.#makeRoom(rows.length * width)
    const copies = this.#values
    const first = this.#used
    let to = first
    for (const { at } of rows) {
      for (let index = 0; index < width; index += 1)
        copies[to + index] = values[at + index] as number
      to += width
    }
    this.#used = to
    return first
  }

  #makeRoom(needed: number): void {
    const length = this.#used + needed
    if (length <= this.#values.length) return
    const larger = new Float64Array(Math.max(length, 2 * this.#values.length))
    larger.set(this.#values.subarray(0, this.#used))
    this.#values = larger
  }
}

const firstValues = 1_024

/** The series of frozen blocks as points, for a metric with twins. */
export function pointsOf(
  blocks: readonly FrozenBlock[],
  { values, width }: FrozenValues,
  isHistogram: boolean,
): Point[] {
  return blocks.flatMap(({ series, at: first = 0 }) =>
    series.map((attributes, row) => {
      const at = first + row * width
      const value = isHistogram ? histogramAt(values, at, width) : (values[at] as number)
      return { attributes, value }
    }),
  )
}

function histogramAt(values: Float64Array, at: number, width: number) {
  const counts = [...values.subarray(at + 1, at + width)]
  const count = counts.reduce((all, each) => all + each, 0)
  return { count, sum: values[at] as number, counts }
}
