import type { MergeRule } from '../../model/merging/merge-rule.ts'
import type { Descriptor, Metric } from '../../model/metric.ts'
import { BlockList } from './block.ts'
import { ExponentialValues } from './exponential-values.ts'
import { HistogramValues } from './histogram-values.ts'
import { NumberValues } from './number-values.ts'
import { Cell, type CellPlace, type Series } from './series.ts'
import { ColumnMetric, ObjectMetric } from './series-metric.ts'
import type { SeriesValues } from './series-values.ts'

/** All series of one metric. */
export class Family {
  descriptor: Descriptor
  readonly rule: MergeRule
  readonly values: SeriesValues
  readonly blocks: BlockList = new BlockList()
  readonly #series = new Map<string, Series>()
  readonly #metric: Metric
  #isTouched = false

  constructor(descriptor: Descriptor, rule: MergeRule) {
    this.descriptor = descriptor
    this.rule = rule
    if (descriptor.kind === 'exponentialHistogram') {
      this.values = new ExponentialValues(rule)
      this.#metric = new ObjectMetric(this)
    } else {
      const { bounds } = descriptor
      const values = bounds
        ? new HistogramValues(descriptor, rule, bounds)
        : new NumberValues(descriptor, rule)
      this.values = values
      this.#metric = new ColumnMetric(this, values.columns)
    }
  }

  /** Number of series, with and without a value. */
  get size(): number {
    return this.#series.size
  }

  get(key: string): Series | undefined {
    return this.#series.get(key)
  }

  addSeries(series: Series): void {
    this.#series.set(series.key, series)
    this.blocks.add(series)
    this.values.add(series)
  }

  addCell(series: Series, key: string, place: CellPlace): Cell {
    const cell = new Cell(series, key, place)
    series.append(cell)
    return cell
  }

  /** @returns whether the series has gone with its last cell. */
  removeCell(cell: Cell): boolean {
    const { series } = cell
    if (cell.at < 0) return false
    this.values.clear(cell)
    series.remove(cell)
    cell.rows.release(cell.at)
    cell.at = -1
    if (series.first || this.values.retiredOf(series) !== undefined) return false
    this.#series.delete(series.key)
    this.blocks.remove(series)
    this.values.remove(series)
    return true
  }

  /** Notes that a share of the series has changed. */
  touch(series: Series): void {
    series.isTouched = true
    if (series.block) series.block.isTouched = true
    this.#isTouched = true
  }

  /** The metric with the totals of this moment; the same object at each call. */
  read(): Metric {
    this.blocks.tidy()
    if (this.values.compact(this.#series.values()))
      for (const block of this.blocks.all) block.reshape()
    if (this.#isTouched) this.#refresh()
    return this.#metric
  }

  #refresh(): void {
    this.#isTouched = false
    for (const block of this.blocks.all) {
      if (!block.isTouched) continue
      block.isTouched = false
      for (const series of block.members) if (series.isTouched) this.#refreshSeries(series)
    }
  }

  #refreshSeries(series: Series): void {
    series.isTouched = false
    const had = series.hasValue
    series.hasValue = this.values.refresh(series)
    if (series.hasValue !== had) series.block?.reshape()
    else if (series.hasChanged && had) series.block?.change()
    series.hasChanged = false
  }
}
