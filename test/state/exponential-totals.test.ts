import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { classicHistogram } from '../../src/exposition/samples/classic-histogram.ts'
import { otelLimits } from '../../src/limits/otel.ts'
import { relayLimits } from '../../src/limits/relay.ts'
import { stateLimits } from '../../src/limits/state.ts'
import { bucketBound } from '../../src/model/exponential.ts'
import type { Descriptor, ExponentialValue } from '../../src/model/metric.ts'
import { encodeReport, type Source } from '../../src/relay/report.ts'
import { ReportBuilder } from '../../src/relay/report-builder.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { usualRules } from '../support/merging.ts'
import { exponential } from '../support/otel/exponential.ts'
import { converted, measuring } from '../support/otel/otel.ts'
import { Random } from '../support/random.ts'
import { ReportingSource } from '../support/reporting-source.ts'

/** A worker with its own SDK, which measures values around one magnitude. */
class Worker {
  readonly forkNumber: number
  /** Values in accepted reports. */
  readonly reported: number[] = []
  readonly #pending: number[] = []
  readonly #changes = new ReportBuilder(relayLimits.seriesPerSource)
  readonly #record: (value: number) => void
  readonly #collect: () => Promise<ResourceMetrics>
  readonly #random: Random
  readonly #magnitude: number

  constructor(forkNumber: number, random: Random) {
    const { provider, collect } = measuring()
    const histogram = provider.getMeter('app').createHistogram('wait.exponential')
    this.forkNumber = forkNumber
    this.#record = (value) => histogram.record(value)
    this.#collect = collect
    this.#random = random
    this.#magnitude = 60 * random.next() - 30
  }

  measure(): void {
    const random = this.#random
    const spread = random.pick([0.01, 1, 20])
    const value = random.chance(0.1) ? 0 : Math.exp(this.#magnitude + spread * random.next())
    this.#pending.push(value)
    this.#record(value)
  }

  async report(aggregator: Aggregator): Promise<void> {
    const source: Source = {
      role: 'worker',
      forkNumber: this.forkNumber,
      startSeconds: 1,
      pid: this.forkNumber,
    }
    const report = this.#changes.next(converted(await this.#collect()), source)
    if (report) assert.equal(aggregator.report(this.forkNumber, encodeReport(report)), 'accepted')
    this.reported.push(...this.#pending.splice(0))
  }
}

/** Workers that start, measure, report and end at random. */
class Cluster {
  readonly aggregator = newAggregator()
  readonly #random: Random
  readonly #all: Worker[] = []
  #live: Worker[] = []

  constructor(random: Random) {
    this.#random = random
  }

  get reported(): number[] {
    return this.#all.flatMap(({ reported }) => reported)
  }

  async step(): Promise<void> {
    const random = this.#random
    if (this.#live.length === 0 || random.chance(0.15)) this.#fork()
    const worker = random.pick(this.#live)
    for (let time = random.below(20); time >= 0; time -= 1) worker.measure()
    if (random.chance(0.7)) await worker.report(this.aggregator)
    if (random.chance(0.1)) this.#end(worker)
  }

  #fork(): void {
    const worker = new Worker(this.#all.length + 1, this.#random)
    this.#all.push(worker)
    this.#live.push(worker)
  }

  #end(worker: Worker): void {
    this.aggregator.retire(worker.forkNumber, this.#random.chance(0.5))
    if (this.#random.chance(0.5)) this.aggregator.forget(worker.forkNumber)
    this.#live = this.#live.filter((each) => each !== worker)
  }
}

describe('the exponential histogram of a cluster', () => {
  test('has each reported value in the right bucket, although workers end', async () => {
    for (let seed = 0; seed < 6; seed += 1) {
      const cluster = new Cluster(new Random(seed))
      for (let step = 0; step < 40; step += 1) {
        await cluster.step()
        const { reported } = cluster
        if (reported.length > 0)
          holds(totalOf(cluster.aggregator), reported, `seed ${seed}, step ${step}`)
      }
    }
  })

  test('leaves out and counts a histogram with explicit buckets under the same name', () => {
    const aggregator = newAggregator()
    const kind = 'exponentialHistogram'
    const descriptor: Descriptor = { name: 'wait', kind, unit: '', description: '', scope: 'app' }
    const value = exponential({ positive: { offset: 0, counts: [2] } })
    const explicit: Descriptor = { ...descriptor, kind: 'histogram', bounds: [1] }
    const first = new ReportingSource(1).set(descriptor, {}, value)
    const other = new ReportingSource(2).set(explicit, {}, { count: 1, sum: 1, counts: [1, 0] })
    for (const source of [first, other]) {
      assert.equal(aggregator.report(source.source.forkNumber, source.report()), 'accepted')
    }
    assert.deepEqual(totalOf(aggregator), value)
    assert.deepEqual([...aggregator.dropped], [['conflicting_descriptor', 1]])
  })

  test('leaves out and counts an invalid value', () => {
    const aggregator = newAggregator()
    const descriptor: Descriptor = {
      name: 'wait',
      kind: 'exponentialHistogram',
      unit: '',
      description: '',
      scope: 'app',
    }
    const lie = { ...exponential({ positive: { offset: 0, counts: [2] } }), count: 3 }
    for (const [index, value] of [lie, 5, { count: 1, sum: 1, counts: [1] }].entries()) {
      const text = new ReportingSource(index + 1).set(descriptor, {}, value).report()
      assert.equal(aggregator.report(index + 1, text), 'accepted')
    }
    assert.deepEqual(aggregator.metrics()[0]?.points, [])
    assert.deepEqual([...aggregator.dropped], [['invalid_value', 3]])
  })
})

/** Checks that each bucket of the total, and of its classic form, holds the values of its range. */
function holds(total: ExponentialValue, values: readonly number[], place: string): void {
  assert.equal(total.count, values.length, place)
  assert.equal(total.zeroCount, values.filter((value) => value === 0).length, place)
  assert.equal(total.min, Math.min(...values), place)
  assert.equal(total.max, Math.max(...values), place)
  const sum = values.reduce((all, value) => all + value, 0)
  assert.ok(Math.abs(total.sum - sum) <= 1e-9 * sum, place)
  const { offset, counts } = total.positive
  assert.ok(counts.length <= otelLimits.exponentialBuckets, place)
  const positive = values.filter((value) => value > 0)
  const held = counts.map((_, index) => {
    const [low, high] = [0, 1].map((end) => bucketBound(offset + index + end, total.scale))
    return positive.filter((value) => value > (low ?? NaN) && value <= (high ?? NaN)).length
  })
  assert.deepEqual(counts, held, place)
  const { bounds, value } = classicHistogram(total)
  const shown = bounds.map((bound) => values.filter((each) => each <= bound).length)
  let below = 0
  const cumulative = value.counts.slice(0, -1).map((count) => {
    below += count
    return below
  })
  assert.deepEqual(cumulative, shown, place)
}

function totalOf(aggregator: Aggregator): ExponentialValue {
  return aggregator.metrics()[0]?.points[0]?.value as ExponentialValue
}

function newAggregator(): Aggregator {
  return new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules: usualRules,
    reusesIds: false,
    maxSeries: stateLimits.series,
  })
}
