import type { MergeRule } from '../../model/merging/merge-rule.ts'
import { add, countOf, higher } from '../../model/merging/merged-value.ts'
import { type Descriptor, isMonotonic, type Value } from '../../model/metric.ts'
import type { Cell, Series } from './series.ts'

/** Whether totals are sums over all cells and what retired sources left. */
export function isSummed({ kind }: Descriptor, rule: MergeRule): boolean {
  return kind !== 'gauge' && rule !== 'max' && rule !== 'first'
}

/** The total of a series by the rule of its metric. Sums of numbers have shorter ways. */
export function totalOf(series: Series): Value | undefined {
  const { descriptor, rule, values } = series.family
  const retired = values.retiredOf(series)
  // Most gauges have a single cell. A map for each such gauge doubles the time of all totals.
  if (series.hasOneCell && retired === undefined) return sumOf(series, retired)
  if (rule === 'first') return firstOf(valuesBySource(series))
  if (descriptor.kind !== 'gauge' && rule !== 'max') return sumOf(series, retired)
  const join = rule === 'per_worker' ? later : joins[rule]
  let total = retired
  for (const value of valuesBySource(series).values()) {
    total = total === undefined ? value : join(total, value)
  }
  return total
}

/** Whether the cell's value stays in its series when the source ends. */
export function staysAfterEnd({ kind }: Descriptor, rule: MergeRule, isSettled: boolean): boolean {
  // The state of an ended worker, such as its memory, is no part of the worker's successor.
  return isMonotonic(kind) || (kind === 'upDownCounter' && rule === 'sum' && isSettled)
}

/** What retired sources left, with the cell's value. */
export function retiredWith(cell: Cell, value: Value): Value {
  const { series } = cell
  const { rule, values } = series.family
  const retired = values.retiredOf(series)
  if (rule === 'max') return higher(retired, valuesBySource(series).get(cell.forkNumber) ?? value)
  return retired === undefined ? value : add(retired, value)
}

/** Whether a counter of the host has started again. */
export function hasFallen(before: Value | undefined, value: Value): boolean {
  return before !== undefined && countOf(value) < countOf(before)
}

/**
 * Keeps a total that falls by a rounding error. The sum of fractions depends on the order, and the
 * order changes when a worker ends or repeats a report. Prometheus takes any fall for a restart and
 * counts the whole total again.
 */
export function steady(shown: number, sum: number): number {
  return sum < shown && shown - sum <= shown * roundingError ? shown : sum
}

/** Share of the total. The real error of adding all workers' parts is far smaller. */
const roundingError = 1e-12

type Join = (one: Value, other: Value) => Value

const joins: Readonly<Record<'sum' | 'max' | 'omit', Join>> = { sum: add, max: higher, omit: add }

/** A replacement with the `worker_id` of an ended worker can report before the end is known. */
function later(_one: Value, other: Value): Value {
  return other
}

function sumOf(series: Series, retired: Value | undefined): Value | undefined {
  const { values } = series.family
  let total = retired
  for (let cell = series.first; cell; cell = cell.next) {
    const value = values.valueOf(cell)
    if (value !== undefined) total = total === undefined ? value : add(total, value)
  }
  return total
}

/**
 * Values by fork number. A source can make a metric twice: values add up, and of two gauges, the
 * later gauge counts.
 */
function valuesBySource(series: Series): Map<number, Value> {
  const { descriptor, values: shares } = series.family
  const adds = descriptor.kind !== 'gauge'
  const values = new Map<number, Value>()
  for (let cell = series.first; cell; cell = cell.next) {
    const value = shares.valueOf(cell)
    if (value === undefined) continue
    const known = values.get(cell.forkNumber)
    values.set(cell.forkNumber, known !== undefined && adds ? add(known, value) : value)
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
