import { stateLimits } from '../../limits/state.ts'
import type { Point, Value } from '../../model/metric.ts'
import type { SeriesBlock, SeriesRow } from '../../model/series-block.ts'
import type { Series } from './series.ts'

/** Adjacent series of one metric, with and without a value. */
export class Block implements SeriesBlock {
  readonly members: Series[] = []
  version = 1
  shape = 1
  /** Whether a share of a member has changed since the last refresh. */
  isTouched = false
  #rows: readonly SeriesRow[] | undefined
  #points: { readonly version: number; readonly list: readonly Point[] } | undefined

  get rows(): readonly SeriesRow[] {
    this.#rows ??= this.members.filter(({ hasValue }) => hasValue)
    return this.#rows
  }

  /** Most readers of points read the points of a metric several times. */
  points(totalOf: (series: Series) => Value): readonly Point[] {
    if (this.#points?.version !== this.version) {
      const list = this.members
        .filter(({ hasValue }) => hasValue)
        .map((series) => ({ attributes: series.attributes, value: totalOf(series) }))
      this.#points = { version: this.version, list }
    }
    return this.#points.list
  }

  /** Notes that a value has changed. */
  change(): void {
    this.version += 1
  }

  /** Notes that rows have come, gone or moved. */
  reshape(): void {
    this.shape += 1
    this.version += 1
    this.#rows = undefined
  }
}

/** The series of a metric in the order of the page, a few in each block. */
export class BlockList {
  #blocks: Block[] = []
  #hasGaps = false

  get all(): readonly Block[] {
    return this.#blocks
  }

  add(series: Series): void {
    let block = this.#blocks.at(-1)
    if (!block || block.members.length >= stateLimits.blockSeries) {
      block = new Block()
      this.#blocks.push(block)
    }
    block.members.push(series)
    series.block = block
  }

  remove(series: Series): void {
    const { block } = series
    if (!block) return
    series.block = undefined
    block.members.splice(block.members.indexOf(series), 1)
    this.#hasGaps = true
    if (series.hasValue) block.reshape()
  }

  /** Joins blocks that have become small: a reader has work for each block. */
  tidy(): void {
    if (!this.#hasGaps) return
    this.#hasGaps = false
    const blocks: Block[] = []
    for (const block of this.#blocks) {
      const before = blocks.at(-1)
      if (before && before.members.length + block.members.length <= stateLimits.blockSeries / 2) {
        move(block, before)
      } else if (block.members.length > 0) blocks.push(block)
    }
    this.#blocks = blocks
  }
}

function move(from: Block, to: Block): void {
  if (from.members.length === 0) return
  for (const series of from.members) series.block = to
  to.members.push(...from.members)
  to.isTouched ||= from.isTouched
  to.reshape()
}
