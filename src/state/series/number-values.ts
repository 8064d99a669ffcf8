import type { MergeRule } from '../../model/merging/merge-rule.ts'
import { higher } from '../../model/merging/merged-value.ts'
import { type Descriptor, isMonotonic, type Value } from '../../model/metric.ts'
import { valueKinds } from '../../relay/values/value-kinds.ts'
import type { ValueReader } from '../../relay/values/value-reader.ts'
import { Columns, removeShare, setShare } from './columns.ts'
import type { Cell, Series } from './series.ts'
import type { SeriesValues } from './series-values.ts'
import { hasFallen, isSummed, retiredWith, steady, totalOf } from './total.ts'

/** The values of counters, up-down counters and gauges. */
export class NumberValues implements SeriesValues {
  readonly width = 1
  readonly columns: Columns = new Columns(1)
  readonly #rule: MergeRule
  readonly #isCounter: boolean
  readonly #isMonotonic: boolean
  readonly #isSummed: boolean

  constructor(descriptor: Descriptor, rule: MergeRule) {
    this.#rule = rule
    this.#isCounter = descriptor.kind === 'counter'
    this.#isMonotonic = isMonotonic(descriptor.kind)
    this.#isSummed = isSummed(descriptor, rule)
  }

  add(series: Series): void {
    this.columns.add(series)
  }

  remove(series: Series): void {
    this.columns.remove(series)
  }

  store(cell: Cell, { kind, number: value }: ValueReader): boolean {
    if (kind !== valueKinds.number && kind !== valueKinds.natural) return false
    // Strict parsers refuse the whole page for a counter below zero or without a number.
    if (this.#isCounter && !(value >= 0)) return false
    this.#take(cell, value)
    return true
  }

  raise(cell: Cell, value: Value): boolean {
    if (typeof value !== 'number') return false
    const least = Number(higher(this.valueOf(cell), value))
    cell.hold().least = least
    this.#show(cell, least)
    return true
  }

  valueOf(cell: Cell): number | undefined {
    return cell.hasValue ? cell.rows.values[cell.at] : undefined
  }

  retiredOf({ retiredAt }: Series): number | undefined {
    return retiredAt < 0 ? undefined : this.columns.retired.values[retiredAt]
  }

  retire(cell: Cell): void {
    const value = this.valueOf(cell)
    if (value === undefined) return
    const retired = Number(retiredWith(cell, value))
    const at = this.columns.retire(cell.series)
    this.columns.retired.values[at] = retired
    this.clear(cell)
  }

  clear(cell: Cell): void {
    if (!cell.hasValue) return
    removeShare(cell)
    cell.series.family.touch(cell.series)
  }

  refresh(series: Series): boolean {
    const total = this.#isSummed ? this.columns.sumOf(series) : totalOf(series)
    if (typeof total !== 'number') return false
    const { values } = this.columns.totals
    const shown = values[series.at] as number
    const next = this.#isMonotonic ? steady(shown, total) : total
    if (!Object.is(next, shown)) series.hasChanged = true
    values[series.at] = next
    return true
  }

  totalOf({ at }: Series): number {
    return this.columns.totals.values[at] as number
  }

  compact(all: Iterable<Series>): boolean {
    return this.columns.compact(all)
  }

  #take(cell: Cell, value: number): void {
    const { series, held } = cell
    // The maximum of the time before no longer counts.
    if (this.#rule === 'max' && hasFallen(this.valueOf(cell), value)) {
      this.columns.dropRetired(series)
      series.family.touch(series)
    }
    this.#show(cell, held?.least === undefined ? value : Number(higher(value, held.least)))
  }

  #show(cell: Cell, value: number): void {
    const { rows, at, series } = cell
    if (cell.hasValue && Object.is(rows.values[at], value)) return
    setShare(cell, value)
    series.family.touch(series)
  }
}
