import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { attributeKey } from '../../src/model/attribute-key.ts'
import type { MergeRule } from '../../src/model/merging/merge-rule.ts'
import { MergeRules } from '../../src/model/merging/merge-rules.ts'
import { add, countOf, higher } from '../../src/model/merging/merged-value.ts'
import {
  type Attributes,
  type Descriptor,
  isMonotonic,
  type Value,
} from '../../src/model/metric.ts'
import { type BlockMetric, isBlockMetric } from '../../src/model/series-block.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { Random } from '../support/random.ts'
import { ReportingSource } from '../support/reporting-source.ts'

/*
 * Workers measure, report, start over, crash with a crash file, end and are forgotten at random,
 * with fractions, huge numbers and numbers that no sum can hold. The model keeps each worker's
 * values as objects, and adds them again for each page, in the order of their announcement.
 */

const base = { unit: '', description: '', scope: 'app' }
const histogram = { ...base, kind: 'histogram', bounds: [1, 5] } as const
const metrics: readonly (readonly [Descriptor, MergeRule])[] = [
  [{ ...base, name: 'counter.sum', kind: 'counter' }, 'sum'],
  [{ ...base, name: 'counter.max', kind: 'counter' }, 'max'],
  [{ ...base, name: 'updown.sum', kind: 'upDownCounter' }, 'sum'],
  [{ ...base, name: 'gauge.sum', kind: 'gauge' }, 'sum'],
  [{ ...base, name: 'gauge.max', kind: 'gauge' }, 'max'],
  [{ ...base, name: 'gauge.first', kind: 'gauge' }, 'first'],
  [{ ...histogram, name: 'histogram.sum' }, 'sum'],
  [{ ...histogram, name: 'histogram.max' }, 'max'],
]
const rules = new MergeRules({
  mergeRules: metrics.map(([{ name }, rule]) => ({ pattern: name, rule })),
  keepWorkerId: false,
})

describe('Totals in columns are sums, maxima and first values of all shares', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    test(`with seed ${seed}`, () => new History(seed).run(150))
  }
})

interface Share {
  readonly forkNumber: number
  value: Value
  /** From a crash file. */
  least: Value | undefined
}

/** A series of the model: shares of live workers in their order, and what ended workers left. */
interface Total {
  readonly descriptor: Descriptor
  readonly attributes: Attributes
  readonly rule: MergeRule
  shares: Share[]
  left: Value | undefined
  /** The sum on the last page. */
  shown: number
}

class History {
  readonly #random: Random
  readonly #totals = new Map<string, Total>()
  readonly #workers: ReportingSource[] = []
  #forks = 0
  readonly #aggregator = new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules,
    reusesIds: false,
    maxSeries: stateLimits.series,
  })
  /** Values of blocks by version. */
  readonly #blocks = new WeakMap<object, { version: number; values: readonly Value[] }>()

  constructor(seed: number) {
    this.#random = new Random(seed)
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step += 1) {
      const act = this.#step()
      // Several acts can come before a page.
      if (step === steps - 1 || this.#random.chance(0.6)) this.#check(`step ${step}: ${act}`)
    }
  }

  #step(): string {
    const random = this.#random
    if (this.#workers.length === 0 || (this.#workers.length < 5 && random.chance(0.1))) {
      this.#forks += 1
      this.#workers.push(new ReportingSource(this.#forks))
    }
    const worker = random.pick(this.#workers)
    if (random.chance(0.05)) return this.#end(worker)
    if (random.chance(0.05)) return this.#startOver(worker)
    return random.chance(0.05) ? this.#raise(worker) : this.#measure(worker)
  }

  #measure(worker: ReportingSource): string {
    for (let times = 1 + this.#random.below(6); times > 0; times -= 1) {
      const [descriptor, rule] = this.#random.pick(metrics)
      const attributes = this.#random.pick<Attributes>([{}, { a: 'x' }, { a: 'y', b: 2 }])
      const value = randomValue(descriptor, this.#random)
      worker.set(descriptor, attributes, value)
      this.#report(worker)
      this.#take(this.#total(descriptor, attributes, rule), worker.source.forkNumber, value)
    }
    return `reports of ${worker.source.forkNumber}`
  }

  #take(total: Total, forkNumber: number, value: Value): void {
    const known = total.shares.find((share) => share.forkNumber === forkNumber)
    if (!known) {
      total.shares.push({ forkNumber, value, least: undefined })
      return
    }
    if (total.rule === 'max' && countOf(value) < countOf(known.value)) total.left = undefined
    known.value = known.least === undefined ? value : higher(value, known.least)
  }

  /** The worker's shares go to the end of their series. */
  #startOver(worker: ReportingSource): string {
    const { forkNumber } = worker.source
    this.#report(worker.resetBaseline())
    for (const total of this.#totals.values()) {
      const share = total.shares.find((each) => each.forkNumber === forkNumber)
      if (!share) continue
      remove(total, share)
      // The report has the last measured value.
      total.shares.push({ forkNumber, value: this.#measured(worker, total), least: undefined })
    }
    return `${forkNumber} starts over`
  }

  #raise(worker: ReportingSource): string {
    const { forkNumber } = worker.source
    const mine = [...this.#totals.values()].filter(({ shares }) =>
      shares.some((share) => share.forkNumber === forkNumber),
    )
    for (const { descriptor, attributes, shares } of this.#random.some(mine, 0.5)) {
      const value = randomValue(descriptor, this.#random)
      const points = [{ attributes, value }]
      assert.ok(this.#aggregator.raise(forkNumber, worker.source, [{ descriptor, points }]))
      const share = shares.find((each) => each.forkNumber === forkNumber)
      if (share) share.value = share.least = higher(share.value, value)
    }
    return `crash file of ${forkNumber}`
  }

  #end(worker: ReportingSource): string {
    const { forkNumber } = worker.source
    const isForgotten = this.#random.chance(0.2)
    const isSettled = this.#random.chance(0.5)
    if (!isForgotten) this.#aggregator.retire(forkNumber, isSettled)
    this.#aggregator.forget(forkNumber)
    for (const total of this.#totals.values()) {
      const share = total.shares.find((each) => each.forkNumber === forkNumber)
      if (!share) continue
      if (!isForgotten) leave(total, share.value, isSettled)
      remove(total, share)
    }
    this.#workers.splice(this.#workers.indexOf(worker), 1)
    return `end of ${forkNumber}`
  }

  #report(worker: ReportingSource): void {
    const text = worker.report()
    if (text === undefined) return
    assert.equal(this.#aggregator.report(worker.source.forkNumber, text), 'accepted')
  }

  #measured(worker: ReportingSource, { descriptor, attributes }: Total): Value {
    return worker.valueOf(descriptor, attributes) ?? assert.fail('not measured')
  }

  #total(descriptor: Descriptor, attributes: Attributes, rule: MergeRule): Total {
    const key = keyOf(descriptor, attributes)
    const known = this.#totals.get(key)
    if (known) return known
    const total = { descriptor, attributes, rule, shares: [], left: undefined, shown: 0 }
    this.#totals.set(key, total)
    return total
  }

  #check(place: string): void {
    const expected = new Map<string, Value>()
    for (const [key, total] of this.#totals) {
      const value = shownTotal(total)
      if (value === undefined) this.#totals.delete(key)
      else expected.set(key, value)
    }
    const shown = new Map<string, Value>()
    for (const metric of this.#aggregator.metrics()) {
      const { descriptor, points } = metric
      for (const { attributes, value } of points) shown.set(keyOf(descriptor, attributes), value)
      assert.ok(isBlockMetric(metric))
      this.#checkBlocks(metric, place)
    }
    const sorted = (values: Map<string, Value>): unknown => [...values].sort(byKey)
    assert.deepEqual(sorted(shown), sorted(expected), place)
  }

  /** A block has the values of the points, and the same values while its version is the same. */
  #checkBlocks(metric: BlockMetric, place: string): void {
    const all: Value[] = []
    for (const block of metric.blocks) {
      const values = block.rows.map(({ at }) => valueAt(metric, at))
      const before = this.#blocks.get(block)
      if (before?.version === block.version) assert.deepEqual(values, before.values, place)
      this.#blocks.set(block, { version: block.version, values })
      all.push(...values)
    }
    assert.deepEqual(
      all,
      metric.points.map(({ value }) => value),
      place,
    )
  }
}

function leave(total: Total, value: Value, isSettled: boolean): void {
  const { kind } = total.descriptor
  if (!isMonotonic(kind) && !(kind === 'upDownCounter' && isSettled)) return
  const join = total.rule === 'max' ? higher : add
  total.left = total.left === undefined ? value : join(total.left, value)
}

function remove(total: Total, share: Share): void {
  total.shares.splice(total.shares.indexOf(share), 1)
  // The next worker with this series makes another series.
  if (total.shares.length === 0 && total.left === undefined) total.shown = 0
}

function shownTotal(total: Total): Value | undefined {
  const value = valueOfTotal(total)
  if (value === undefined || !isMonotonic(total.descriptor.kind)) return value
  const sum = typeof value === 'number' ? value : value.sum
  // The documented steadiness: a fall by a rounding error is no fall.
  const isSteady = sum < total.shown && total.shown - sum <= 1e-12 * total.shown
  if (!isSteady) total.shown = sum
  return typeof value === 'number' ? total.shown : { ...value, sum: total.shown }
}

function valueOfTotal({ rule, shares, left }: Total): Value | undefined {
  if (rule === 'first') return shares.toSorted(byFork)[0]?.value
  const values = shares.map(({ value }) => value)
  const all = left === undefined ? values : [left, ...values]
  const [first, ...others] = all
  return first === undefined ? undefined : others.reduce(rule === 'max' ? higher : add, first)
}

function byFork(one: Share, other: Share): number {
  return one.forkNumber - other.forkNumber
}

function byKey([one]: [string, Value], [other]: [string, Value]): number {
  return one < other ? -1 : 1
}

function keyOf({ name }: Descriptor, attributes: Attributes): string {
  return `${name} ${attributeKey(attributes)}`
}

/** Includes fractions, and numbers whose sums no double or no safe integer holds. */
function randomValue({ kind, bounds }: Descriptor, random: Random): Value {
  const number = random.pick([random.below(9), random.next(), 1e300 * random.next(), 1.7e308])
  if (!bounds) return kind === 'counter' || random.chance(0.7) ? number : -number
  const most = random.chance(0.1) ? Number.MAX_SAFE_INTEGER / 4 : 9
  const counts = Array.from({ length: bounds.length + 1 }, () => random.below(most))
  // The sum tells the reporter that the histogram has changed.
  return { count: counts.reduce((all, each) => all + each, 0), sum: random.next() * number, counts }
}

function valueAt({ values, descriptor }: BlockMetric, at: number): Value {
  const { bounds } = descriptor
  if (!bounds) return values[at] ?? assert.fail('no value')
  const [sum = Number.NaN, ...counts] = values.subarray(at, at + bounds.length + 2)
  return { count: counts.reduce((all, each) => all + each, 0), sum, counts }
}
