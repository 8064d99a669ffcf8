import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import type { Descriptor, Metric } from '../../../src/model/metric.ts'
import { type BlockMetric, isBlockMetric, keptMetrics } from '../../../src/model/series-block.ts'
import { Aggregator } from '../../../src/state/aggregator.ts'
import { usualRules } from '../../support/merging.ts'
import { exponential } from '../../support/otel/exponential.ts'
import { ReportingSource } from '../../support/reporting-source.ts'

const base = { unit: '', description: '', scope: 'app' }
const counter: Descriptor = { ...base, name: 'orders', kind: 'counter' }
const histogram: Descriptor = { ...base, name: 'wait', kind: 'histogram', bounds: [1, 5] }
const wide: Descriptor = { ...base, name: 'size', kind: 'exponentialHistogram' }
const { blockSeries } = stateLimits

describe('blocks of series', () => {
  test('have at most stateLimits.blockSeries rows, in the order of the points', () => {
    const { aggregator } = counting(200)
    const { blocks, values, points } = metricOf(aggregator, counter)
    assert.deepEqual(
      blocks.map(({ rows }) => rows.length),
      [blockSeries, blockSeries, blockSeries, 200 - 3 * blockSeries],
    )
    assert.deepEqual(
      blocks.flatMap(({ rows }) => rows.map(({ at }) => values[at])),
      points.map(({ value }) => value),
    )
  })

  test('are the same objects with the same versions while nothing changes', () => {
    const { aggregator, source } = counting(100)
    const before = versions(metricOf(aggregator, counter))
    accept(aggregator, source.set(histogram, {}, { count: 0, sum: 0, counts: [0, 0, 0] }))
    const metric = metricOf(aggregator, counter)
    assert.deepEqual(versions(metric), before)
    assert.equal(metricOf(aggregator, counter), metric)
  })

  test('have a new version after a change of one series, and the same shape', () => {
    const { aggregator, source } = counting(100)
    const before = versions(metricOf(aggregator, counter))
    accept(aggregator, source.set(counter, { index: 70 }, 1_000))
    const after = versions(metricOf(aggregator, counter))
    assert.deepEqual(after[0], before[0])
    assert.equal(after[1]?.shape, before[1]?.shape)
    assert.notEqual(after[1]?.version, before[1]?.version)
  })

  test('keep their version when a source ends and leaves its share', () => {
    const { aggregator } = counting(1)
    accept(aggregator, new ReportingSource(2).set(counter, { index: 0 }, 5))
    const before = versions(metricOf(aggregator, counter))
    aggregator.retire(2, true)
    assert.deepEqual(versions(metricOf(aggregator, counter)), before)
  })

  test('have a new shape when a series comes or goes, and no empty block stays', () => {
    const { aggregator } = counting(blockSeries)
    const before = versions(metricOf(aggregator, counter))
    const other = new ReportingSource(2)
    for (let index = 0; index < 10; index += 1) other.set(counter, { other: index }, 1)
    accept(aggregator, other)
    assert.equal(metricOf(aggregator, counter).blocks.length, 2)
    aggregator.forget(2)
    assert.deepEqual(versions(metricOf(aggregator, counter)), before)
    aggregator.forget(1)
    assert.equal(metricOf(aggregator, counter).blocks.length, 0)
  })

  test('lose the row of a series that goes, and keep the rows that a reader has', () => {
    const { aggregator } = counting(3)
    accept(aggregator, new ReportingSource(2).set(counter, { other: 1 }, 1))
    const block = metricOf(aggregator, counter).blocks[0] ?? assert.fail('no block')
    const { rows, shape, version } = block
    assert.equal(block.rows, rows)
    aggregator.forget(2)
    assert.ok(block.shape > shape && block.version > version)
    assert.deepEqual([rows.length, block.rows.length], [4, 3])
  })

  test('are joined when most of their series have gone', () => {
    const { aggregator } = counting(0)
    const [staying, going] = [new ReportingSource(2), new ReportingSource(3)]
    for (let index = 0; index < 10 * blockSeries; index += 1)
      (index % 16 === 0 ? staying : going).set(counter, { index }, index)
    // One after the other, in the order of the series.
    accept(aggregator, going)
    accept(aggregator, staying)
    aggregator.forget(3)
    const { blocks, points } = metricOf(aggregator, counter)
    assert.equal(points.length, 40)
    assert.ok(blocks.length <= 2, `${blocks.length} blocks`)
  })

  test('have the sum of a histogram before its counts', () => {
    const { aggregator, source } = counting(0)
    accept(aggregator, source.set(histogram, {}, { count: 6, sum: 7.5, counts: [1, 2, 3] }))
    const { blocks, values } = metricOf(aggregator, histogram)
    const at = blocks[0]?.rows[0]?.at ?? assert.fail('no row')
    assert.deepEqual([...values.subarray(at, at + 4)], [7.5, 1, 2, 3])
  })

  test('do not exist for exponential histograms', () => {
    const { aggregator, source } = counting(0)
    accept(aggregator, source.set(wide, {}, exponential({})))
    assert.equal(aggregator.metrics().some(isBlockMetric), false)
  })
})

test('Kept metrics do not change with the aggregator', () => {
  const { aggregator, source } = counting(2)
  const kept = keptMetrics(aggregator.metrics())
  accept(aggregator, source.set(counter, { index: 0 }, 77))
  aggregator.metrics()
  assert.deepEqual(
    kept.flatMap(({ points }) => points.map(({ value }) => value)),
    [0, 1],
  )
})

test('Columns give back the memory of series that have gone', () => {
  const { aggregator } = counting(1)
  const other = new ReportingSource(2)
  for (let index = 0; index < 5_000; index += 1) other.set(counter, { other: index }, 1)
  accept(aggregator, other)
  assert.ok(metricOf(aggregator, counter).values.length >= 5_000)
  aggregator.forget(2)
  const { values, points } = metricOf(aggregator, counter)
  assert.ok(values.length < 10, `${values.length} numbers for ${points.length} series`)
  assert.deepEqual(
    points.map(({ value }) => value),
    [0],
  )
})

/** One source with a counter of so many series, which count their own place. */
function counting(series: number): { aggregator: Aggregator; source: ReportingSource } {
  const aggregator = new Aggregator({
    workerIdOf: ({ forkNumber }) => `worker_${forkNumber}`,
    rules: usualRules,
    reusesIds: false,
    maxSeries: stateLimits.series,
  })
  const source = new ReportingSource(1)
  for (let index = 0; index < series; index += 1) source.set(counter, { index }, index)
  accept(aggregator, source)
  return { aggregator, source }
}

function accept(aggregator: Aggregator, source: ReportingSource): void {
  assert.equal(aggregator.report(source.source.forkNumber, source.report()), 'accepted')
}

function metricOf(aggregator: Aggregator, { name }: Descriptor): BlockMetric {
  const metric = aggregator.metrics().find((each: Metric) => each.descriptor.name === name)
  assert.ok(metric && isBlockMetric(metric))
  return metric
}

function versions({ blocks }: BlockMetric): { version: number; shape: number }[] {
  return blocks.map(({ version, shape }) => ({ version, shape }))
}
