import type { Descriptor, Metric, Point } from '../../model/metric.ts'
import type { BlockMetric, SeriesBlock } from '../../model/series-block.ts'
import type { Columns } from './columns.ts'
import type { Family } from './family.ts'

/** A metric with the totals of the last refresh, as objects. */
export class ObjectMetric implements Metric {
  readonly #family: Family

  constructor(family: Family) {
    this.#family = family
  }

  get descriptor(): Descriptor {
    return this.#family.descriptor
  }

  get points(): readonly Point[] {
    const { blocks, values } = this.#family
    return blocks.all.flatMap((block) => block.points((series) => values.totalOf(series)))
  }
}

/** The same with the columns of the totals. */
export class ColumnMetric extends ObjectMetric implements BlockMetric {
  readonly #family: Family
  readonly #columns: Columns

  constructor(family: Family, columns: Columns) {
    super(family)
    this.#family = family
    this.#columns = columns
  }

  get values(): Float64Array {
    return this.#columns.totals.values
  }

  get blocks(): readonly SeriesBlock[] {
    return this.#family.blocks.all
  }
}
