import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Descriptor, Metric, Value } from '../../../src/model/metric.ts'
import { encodeMetric, parseMetric } from '../../../src/share/peers/encoded-metric.ts'
import { exponential } from '../../support/otel/exponential.ts'
import { depth, orders, sizes, waits } from '../../support/redis/source-state.ts'

const withoutBounds: Descriptor = { ...waits, bounds: [] }
const stock: Descriptor = { ...orders, kind: 'upDownCounter' }
const wide = exponential({ scale: 3, positive: { offset: -4, counts: [1, 0, 2] } })

/** A metric as sent, with one series. */
function sent(descriptor: object, encoded: unknown): unknown {
  return [descriptor, [[{}, encoded]]]
}

describe('An encoded metric', () => {
  const values: Record<string, readonly [Descriptor, Value, encoded: unknown]> = {
    'a counter': [orders, 5, 5],
    'a counter of zero': [orders, 0, 0],
    'an endless counter': [orders, Number.POSITIVE_INFINITY, 'Infinity'],
    'a gauge below zero': [depth, -1.5, -1.5],
    'a gauge that is no number': [depth, Number.NaN, 'NaN'],
    'an up-down counter below zero': [stock, -2, -2],
    'a histogram': [waits, { count: 6, sum: 3.5, counts: [1, 2, 3] }, [6, 3.5, 1, 2, 3]],
    'a histogram without bounds': [withoutBounds, { count: 2, sum: 9, counts: [2] }, [2, 9, 2]],
    'an exponential histogram': [
      sizes,
      wide,
      [wide.count, wide.sum, 3, 0, -1, 1, -4, 3, 1, 0, 2, 0],
    ],
  }
  for (const [name, [descriptor, value, encoded]] of Object.entries(values)) {
    test(`of ${name} is read as written`, () => {
      const metric: Metric = { descriptor, points: [{ attributes: { a: 1 }, value }] }
      assert.deepEqual(encodeMetric(metric), [descriptor, [[{ a: 1 }, encoded]]])
      assert.deepEqual(parseMetric(JSON.parse(JSON.stringify(encodeMetric(metric)))), metric)
    })
  }

  test('may have no series', () => {
    assert.deepEqual(parseMetric([orders, []]), { descriptor: orders, points: [] })
  })

  test('keeps the order of several series', () => {
    const points = ['a', 'b'].map((kind, value) => ({ attributes: { kind }, value }))
    assert.deepEqual(parseMetric(encodeMetric({ descriptor: orders, points }))?.points, points)
  })

  const faults: Record<string, unknown> = {
    'is no list': { 0: orders, 1: [] },
    'has no descriptor': [null, []],
    'has no series': [orders],
    'has an object in place of a list of series': [orders, {}],
    'has an object in place of a series': [orders, [{ 0: {}, 1: 5 }]],
    'has no attributes': [orders, [[null, 5]]],
    'has the same series twice': [
      orders,
      [
        [{ a: 1, b: 2 }, 5],
        [{ b: 2, a: 1 }, 5],
      ],
    ],
    'has a fault in one of two series': [
      orders,
      [
        [{ a: 1 }, 5],
        [{ a: 2 }, -5],
      ],
    ],
    'has a counter below zero': sent(orders, -1),
    'has a counter that is no number': sent(orders, 'NaN'),
    'has a counter as text': sent(orders, '5'),
    'has a gauge as text': sent(depth, '5'),
    'has no value': sent(depth, undefined),
    'has a number in place of a histogram': sent(waits, 6),
    'has a number in place of an exponential histogram': sent(sizes, 6),
    'has a text in a histogram': sent(waits, [6, 'x', 1, 2, 3]),
    'has a text in an exponential histogram': sent(sizes, [1, 1, 0, 0, 'x', 1, 0, 1, 1, 0]),
    'has too few buckets': sent(waits, [3, 3.5, 1, 2]),
    'has too many buckets': sent(waits, [6, 3.5, 1, 2, 3, 0]),
    'has buckets that do not add up to the count': sent(waits, [7, 3.5, 1, 2, 3]),
    'has exponential buckets that do not add up to the count': sent(
      sizes,
      [9, 1, 0, 0, 1, 1, 0, 1, 1, 0],
    ),
  }
  for (const [name, value] of Object.entries(faults)) {
    test(`is undefined where the value ${name}`, () => {
      assert.equal(parseMetric(value), undefined)
    })
  }
})
