import type { MergeRule } from '../../../src/model/merging/merge-rule.ts'
import type { Descriptor, MetricKind, Value } from '../../../src/model/metric.ts'
import { ValueReader } from '../../../src/relay/values/value-reader.ts'
import { ValueWriter } from '../../../src/relay/values/value-writer.ts'
import { writeValue } from '../../../src/relay/values/write-value.ts'
import { Family } from '../../../src/state/series/family.ts'
import { Rows } from '../../../src/state/series/rows.ts'
import { type Cell, Series } from '../../../src/state/series/series.ts'

export interface GivenSeries {
  readonly rule?: MergeRule
  /** Fork numbers of the cells. Default: 1, 2, and so on. */
  readonly forks?: readonly number[]
  /** A value that a retired source left. */
  readonly retired?: Value
}

/** Histograms have one bound. */
export function familyOf(kind: MetricKind, rule?: MergeRule): Family {
  const base: Descriptor = { name: 'm', kind, unit: '', description: '', scope: 'app' }
  const descriptor = kind === 'histogram' ? { ...base, bounds: [1] } : base
  return new Family(descriptor, rule ?? (kind === 'gauge' ? 'per_worker' : 'sum'))
}

/** A series with a cell for each value. */
export function seriesOf(
  kind: MetricKind,
  values: readonly (Value | undefined)[],
  { rule, forks = [], retired }: GivenSeries = {},
): Series {
  const family = familyOf(kind, rule)
  const series = new Series(family, 'k', { a: 1 })
  family.addSeries(series)
  if (retired !== undefined) retire(addCell(series, 1_000, retired))
  for (const [index, value] of values.entries()) addCell(series, forks[index] ?? index + 1, value)
  return series
}

export function addCell(series: Series, forkNumber: number, value?: Value): Cell {
  const { family } = series
  const cell = family.addCell(series, 'k', { forkNumber, rows: new Rows(family.values.width) })
  if (value !== undefined) store(cell, value)
  return cell
}

export function store(cell: Cell, value: Value): boolean {
  return cell.series.family.values.store(cell, readerOf(value))
}

/** At the value, as the first value of a report. Each count is there, zeros included. */
export function readerOf(value: Value): ValueReader {
  const writer = new ValueWriter()
  if (typeof value === 'object' && 'counts' in value) {
    writer.histogram(0, value, new Array<number>(value.counts.length).fill(-1))
  } else writeValue(writer, { number: 0, counts: undefined }, { value, buckets: 0 })
  const reader = new ValueReader(writer.copy())
  reader.next()
  return reader
}

export function cellsOf({ first }: Series): Cell[] {
  const cells: Cell[] = []
  for (let cell = first; cell; cell = cell.next) cells.push(cell)
  return cells
}

/** Retires the source of each cell. */
export function retireAll(series: Series): void {
  for (const cell of cellsOf(series)) retire(cell)
}

/** The values on the page. */
export function shownValues({ family }: Series): Value[] {
  return family.read().points.map(({ value }) => value)
}

function retire(cell: Cell): void {
  const { family } = cell.series
  family.values.retire(cell)
  family.removeCell(cell)
}
