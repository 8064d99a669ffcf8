import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MetricKind, Value } from '../../../src/model/metric.ts'
import { exponential } from '../../support/otel/exponential.ts'
import { addCell, seriesOf, shownValues, store } from '../../support/state/series.ts'

const histogram = { count: 3, sum: 1.5, counts: [1, 2] }
const wide = exponential({ positive: { offset: 0, counts: [2] } })

describe('the values of a metric', () => {
  type Row = readonly [kind: MetricKind, reported: Value, value: Value | undefined]
  const rows: Record<string, Row> = {
    'take a counter': ['counter', 5, 5],
    'take a counter at zero': ['counter', 0, 0],
    'take an infinite counter': ['counter', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    'refuse a counter below zero': ['counter', -1, undefined],
    'refuse a counter without a number': ['counter', Number.NaN, undefined],
    'refuse a counter with a histogram': ['counter', histogram, undefined],
    'take a gauge below zero': ['gauge', -1, -1],
    'take a gauge without a number': ['gauge', Number.NaN, Number.NaN],
    'refuse a gauge with an exponential histogram': ['gauge', wide, undefined],
    'take an up-down counter below zero': ['upDownCounter', -1, -1],
    'take a histogram': ['histogram', histogram, histogram],
    'refuse a histogram with too many buckets': [
      'histogram',
      { ...histogram, counts: [1, 2, 0] },
      undefined,
    ],
    'refuse a histogram above the safe integers': [
      'histogram',
      { ...histogram, counts: [Number.MAX_SAFE_INTEGER, 1] },
      undefined,
    ],
    'refuse a histogram with a number': ['histogram', 3, undefined],
    'take an exponential histogram': ['exponentialHistogram', wide, wide],
    'refuse an exponential histogram with a number': ['exponentialHistogram', 3, undefined],
    'refuse an exponential histogram with bounds': ['exponentialHistogram', histogram, undefined],
  }
  for (const [title, [kind, reported, value]] of Object.entries(rows)) {
    test(title, () => {
      const series = seriesOf(kind, [])
      const cell = addCell(series, 1)
      assert.equal(store(cell, reported), value !== undefined)
      assert.deepEqual(shownValues(series), value === undefined ? [] : [value])
    })
  }
})
