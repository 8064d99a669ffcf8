import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isMonotonic } from '../../src/model/metric.ts'

test('isMonotonic is true for counters and both kinds of histograms', () => {
  const rows = [
    ['counter', true],
    ['histogram', true],
    ['exponentialHistogram', true],
    ['upDownCounter', false],
    ['gauge', false],
  ] as const
  for (const [kind, expected] of rows) assert.equal(isMonotonic(kind), expected, kind)
})
