import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Descriptor, Metric, MetricKind, Value } from '../../../src/model/metric.ts'
import { joinedMetrics } from '../../../src/share/hand-over/joined-metrics.ts'
import { usualRules } from '../../support/merging.ts'

describe('Of the metrics of two masters,', () => {
  const rows: readonly (readonly [name: string, MetricKind, first: Value, second: Value, Value])[] =
    [
      ['orders', 'counter', 2, 3, 5],
      ['depth', 'gauge', 2, 3, 2],
      ['system.cpu.time', 'counter', 2, 3, 3],
      ['system.cpu.time', 'counter', 3, 2, 3],
      ['system.memory.usage', 'upDownCounter', 2, 3, 2],
    ]
  for (const [name, kind, first, second, expected] of rows) {
    test(`the ${kind} ${name} of ${first} and ${second} is ${expected}`, () => {
      const one = [metric(name, kind, first)]
      const joined = joinedMetrics(one, [metric(name, kind, second)], usualRules)
      assert.deepEqual(joined, [metric(name, kind, expected)])
    })
  }
})

function metric(name: string, kind: MetricKind, value: Value): Metric {
  const descriptor: Descriptor = { name, kind, unit: '', description: '', scope: 'app' }
  return { descriptor, points: [{ attributes: {}, value }] }
}
