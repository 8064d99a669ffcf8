import type { Attributes, Descriptor, Point } from '../../../src/model/metric.ts'
import type { BlockMetric, SeriesBlock, SeriesRow } from '../../../src/model/series-block.ts'

interface MutableBlock extends SeriesBlock {
  version: number
  shape: number
  readonly rows: SeriesRow[]
}

/** A metric in blocks, whose series a test can change. Values are those of points. */
export class TestBlocks implements BlockMetric {
  readonly descriptor: Descriptor
  readonly blocks: MutableBlock[] = []
  values: Float64Array = new Float64Array(0)
  readonly #width: number
  readonly #rowsPerBlock: number

  constructor(descriptor: Descriptor, rowsPerBlock = 4) {
    this.descriptor = descriptor
    this.#width = descriptor.bounds ? descriptor.bounds.length + 2 : 1
    this.#rowsPerBlock = rowsPerBlock
  }

  get points(): Point[] {
    const { bounds } = this.descriptor
    return this.blocks.flatMap(({ rows }) =>
      rows.map(({ attributes, at }) => {
        if (!bounds) return { attributes, value: this.values[at] as number }
        const counts = [...this.values.subarray(at + 1, at + this.#width)]
        const count = counts.reduce((sum, each) => sum + each, 0)
        return { attributes, value: { sum: this.values[at] as number, counts, count } }
      }),
    )
  }

  get rows(): SeriesRow[] {
    return this.blocks.flatMap(({ rows }) => rows)
  }

  add(attributes: Attributes, numbers: readonly number[]): void {
    const at = this.values.length
    const values = new Float64Array(at + this.#width)
    values.set(this.values)
    this.values = values
    const last = this.blocks.at(-1)
    const block = last && last.rows.length < this.#rowsPerBlock ? last : this.#newBlock()
    block.rows.push({ attributes, at })
    block.shape += 1
    this.set(block.rows.at(-1), numbers)
  }

  set(row: SeriesRow | undefined, numbers: readonly number[]): void {
    const block = this.blocks.find(({ rows }) => row !== undefined && rows.includes(row))
    if (!row || !block) return
    for (let index = 0; index < this.#width; index += 1) {
      this.values[row.at + index] = numbers[index] ?? 0
    }
    block.version += 1
  }

  remove(row: SeriesRow | undefined): void {
    const block = this.blocks.find(({ rows }) => row !== undefined && rows.includes(row))
    if (!row || !block) return
    block.rows.splice(block.rows.indexOf(row), 1)
    block.shape += 1
    block.version += 1
    if (block.rows.length === 0) this.blocks.splice(this.blocks.indexOf(block), 1)
  }

  #newBlock(): MutableBlock {
    const block = { version: 0, shape: 0, rows: [] }
    this.blocks.push(block)
    return block
  }
}
