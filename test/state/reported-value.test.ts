import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Descriptor, MetricKind, Value } from '../../src/model/metric.ts'
import { type EncodedValue, encodeValue } from '../../src/relay/report.ts'
import { reportedValue } from '../../src/state/reported-value.ts'
import { exponential } from '../support/otel/exponential.ts'

const histogram = { count: 3, sum: 1.5, counts: [1, 2] }
const wide = exponential({ positive: { offset: 0, counts: [2] } })

describe('reportedValue', () => {
  type Row = readonly [kind: MetricKind, encoded: EncodedValue, value: Value | undefined]
  const rows: Record<string, Row> = {
    'reads a counter': ['counter', 5, 5],
    'reads a counter at zero': ['counter', 0, 0],
    'reads an infinite counter': ['counter', 'Infinity', Number.POSITIVE_INFINITY],
    'refuses a counter below zero': ['counter', -1, undefined],
    'refuses a counter without a number': ['counter', 'NaN', undefined],
    'refuses a counter with a list': ['counter', [1, 2, 3], undefined],
    'reads a gauge below zero': ['gauge', -1, -1],
    'reads a gauge without a number': ['gauge', 'NaN', Number.NaN],
    'refuses a gauge with a list': ['gauge', [1], undefined],
    'reads an up-down counter below zero': ['upDownCounter', -1, -1],
    'reads a histogram': ['histogram', [3, 1.5, 1, 2], histogram],
    'refuses a histogram with too few buckets': ['histogram', [3, 1.5, 1], undefined],
    'refuses a histogram with too many buckets': ['histogram', [3, 1.5, 1, 2, 0], undefined],
    'refuses a histogram with a number': ['histogram', 3, undefined],
    'reads an exponential histogram': ['exponentialHistogram', encodeValue(wide), wide],
    'refuses an exponential histogram with a number': ['exponentialHistogram', 3, undefined],
    'refuses an exponential histogram with a text': ['exponentialHistogram', 'NaN', undefined],
  }
  for (const [title, [kind, encoded, value]] of Object.entries(rows)) {
    test(title, () => {
      const base = { name: 'm', kind, unit: '', description: '', scope: 'app' }
      const descriptor: Descriptor = kind === 'histogram' ? { ...base, bounds: [1] } : base
      assert.deepEqual(reportedValue(descriptor, encoded), value)
    })
  }
})
