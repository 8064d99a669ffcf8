import type { MergeRule } from '../../model/merging/merge-rule.ts'
import { higher } from '../../model/merging/merged-value.ts'
import type { ExponentialValue, Value } from '../../model/metric.ts'
import { valueKinds } from '../../relay/values/value-kinds.ts'
import type { ValueReader } from '../../relay/values/value-reader.ts'
import type { Cell, ExponentialTotals, Series } from './series.ts'
import type { SeriesValues } from './series-values.ts'
import { hasFallen, retiredWith, steady, totalOf } from './total.ts'

/** The values of exponential histograms, as objects: scale and buckets change with each report. */
export class ExponentialValues implements SeriesValues {
  readonly width = 0
  readonly #rule: MergeRule

  constructor(rule: MergeRule) {
    this.#rule = rule
  }

  add(series: Series): void {
    series.exponential = { total: undefined, retired: undefined }
  }

  remove(series: Series): void {
    series.exponential = undefined
  }

  store(cell: Cell, reader: ValueReader): boolean {
    const value = reader.kind === valueKinds.exponential ? reader.exponential() : undefined
    if (value === undefined) return false
    const { series, held } = cell
    const before = this.valueOf(cell)
    if (this.#rule === 'max' && hasFallen(before, value)) partsOf(series).retired = undefined
    this.#show(cell, exponentialOf(held?.least ? higher(value, held.least) : value))
    return true
  }

  raise(cell: Cell, value: Value): boolean {
    const least = exponentialOf(higher(this.valueOf(cell), value))
    if (!least || !exponentialOf(value)) return false
    cell.hold().least = least
    this.#show(cell, least)
    return true
  }

  valueOf({ held }: Cell): ExponentialValue | undefined {
    return held?.exponential
  }

  retiredOf({ exponential }: Series): ExponentialValue | undefined {
    return exponential?.retired
  }

  retire(cell: Cell): void {
    const value = this.valueOf(cell)
    if (!value) return
    partsOf(cell.series).retired = exponentialOf(retiredWith(cell, value))
    this.clear(cell)
  }

  clear(cell: Cell): void {
    if (!this.valueOf(cell)) return
    this.#show(cell, undefined)
  }

  refresh(series: Series): boolean {
    const total = exponentialOf(totalOf(series))
    if (!total) return false
    const parts = partsOf(series)
    const sum = steady(parts.total?.sum ?? 0, total.sum)
    parts.total = Object.is(sum, total.sum) ? total : { ...total, sum }
    series.hasChanged = true
    return true
  }

  totalOf(series: Series): Value {
    return partsOf(series).total ?? 0
  }

  compact(): boolean {
    return false
  }

  #show(cell: Cell, value: ExponentialValue | undefined): void {
    cell.hold().exponential = value
    cell.hasValue = value !== undefined
    cell.series.family.touch(cell.series)
  }
}

function partsOf(series: Series): ExponentialTotals {
  series.exponential ??= { total: undefined, retired: undefined }
  return series.exponential
}

function exponentialOf(value: Value | undefined): ExponentialValue | undefined {
  return typeof value === 'object' && 'scale' in value ? value : undefined
}
