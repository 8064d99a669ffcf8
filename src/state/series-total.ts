import { add, countOf, higher } from '../model/merging/merged-value.ts'
import { isMonotonic, type Point, type Value } from '../model/metric.ts'
import type { Cell, Family, Series } from './series.ts'

export function pointsOf(family: Family): Point[] {
  const points: Point[] = []
  for (const series of family.series.values()) {
    const value = steady(series, totalOf(series))
    if (value !== undefined) points.push({ attributes: series.attributes, value })
  }
  return points
}

/** Takes the value of a report. */
export function storeValue(cell: Cell, value: Value): void {
  const { series, least } = cell
  // The counter of the host has started again. The maximum of the time before no longer counts.
  if (series.family.rule === 'max' && hasFallen(cell.value, value)) series.retired = undefined
  cell.value = least === undefined ? value : higher(value, least)
}

/**
 * Leaves a cell's value in its series, unless the value ends with its source.
 * @param settled whether values of up-down counters are final.
 */
export function retireCell(cell: Cell, settled: boolean): void {
  const { series, value } = cell
  if (value === undefined || !isKept(series.family, settled)) return
  const { retired } = series
  if (series.family.rule === 'max') series.retired = higher(retired, wholeOf(cell) ?? value)
  else series.retired = retired === undefined ? value : add(retired, value)
}

function isKept({ descriptor: { kind }, rule }: Family, settled: boolean): boolean {
  // The state of an ended worker, such as its memory, is no part of the worker's successor.
  return isMonotonic(kind) || (kind === 'upDownCounter' && rule === 'sum' && settled)
}

/** The value of the cell's source, which can have several cells. */
function wholeOf({ series, forkNumber }: Cell): Value | undefined {
  return valuesBySource(series).get(forkNumber)
}

function hasFallen(before: Value | undefined, value: Value): boolean {
  return before !== undefined && countOf(value) < countOf(before)
}

function totalOf(series: Series): Value | undefined {
  const { family, cells, retired } = series
  // Most gauges have a single cell. A map for each such gauge doubles the time of all totals.
  if (cells.size === 1 && retired === undefined) return sumOf(cells, retired)
  if (family.rule === 'first') return firstOf(valuesBySource(series))
  const isGauge = family.descriptor.kind === 'gauge'
  if (!isGauge && family.rule !== 'max') return sumOf(cells, retired)
  const join = family.rule === 'per_worker' ? later : joins[family.rule]
  let total = retired
  for (const value of valuesBySource(series).values()) {
    total = total === undefined ? value : join(total, value)
  }
  return total
}

type Join = (one: Value, other: Value) => Value

const joins: Readonly<Record<'sum' | 'max' | 'omit', Join>> = { sum: add, max: higher, omit: add }

/** A replacement with the `worker_id` of an ended worker can report before the end is known. */
function later(_one: Value, other: Value): Value {
  return other
}

function sumOf(cells: Iterable<Cell>, retired: Value | undefined): Value | undefined {
  let total = retired
  for (const { value } of cells) {
    if (value !== undefined) total = total === undefined ? value : add(total, value)
  }
  return total
}

/**
 * Values by fork number. A source can make a metric twice: values add up, and of two gauges, the
 * later gauge counts.
 */
function valuesBySource({ cells, family }: Series): Map<number, Value> {
  const adds = family.descriptor.kind !== 'gauge'
  const values = new Map<number, Value>()
  for (const { forkNumber, value } of cells) {
    if (value === undefined) continue
    const known = values.get(forkNumber)
    values.set(forkNumber, known !== undefined && adds ? add(known, value) : value)
  }
  return values
}

/** Of the source with the lowest fork number, so that the value does not change hands. */
function firstOf(values: ReadonlyMap<number, Value>): Value | undefined {
  let first: number | undefined
  for (const forkNumber of values.keys()) {
    if (first === undefined || forkNumber < first) first = forkNumber
  }
  return first === undefined ? undefined : values.get(first)
}

/**
 * Keeps a total that falls by a rounding error. The sum of fractions depends on the order, and the
 * order changes when a worker ends or repeats a report. Prometheus takes any fall for a restart and
 * counts the whole total again.
 */
function steady(series: Series, total: Value | undefined): Value | undefined {
  if (total === undefined || !isMonotonic(series.family.descriptor.kind)) return total
  const { shown } = series
  const sum = typeof total === 'number' ? total : total.sum
  if (sum < shown && shown - sum <= shown * roundingError) {
    return typeof total === 'number' ? shown : { ...total, sum: shown }
  }
  series.shown = sum
  return total
}

/** Share of the total. The real error of adding all workers' parts is far smaller. */
const roundingError = 1e-12
