import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../src/limits/state.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { usualRules } from '../support/merging.ts'
import { ReportingSource } from '../support/reporting-source.ts'

describe('A later report with an invalid source', () => {
  const sources: Record<string, unknown> = {
    null: null,
    'a number': 5,
    'a source without a pid': { role: 'worker', forkNumber: 1, startSeconds: 1 },
  }
  for (const [title, source] of Object.entries(sources)) {
    test(`is refused without an exception: ${title}`, () => {
      const aggregator = new Aggregator({
        workerIdOf: () => 'worker_1',
        rules: usualRules,
        reusesIds: false,
        maxSeries: stateLimits.series,
      })
      const descriptor = {
        name: 'orders',
        kind: 'counter',
        unit: '',
        description: '',
        scope: 'app',
      } as const
      const first = new ReportingSource(1).set(descriptor, {}, 1)
      assert.equal(aggregator.report(1, first.report()), 'accepted')
      const report = { version: 2, sequence: 1, source, metrics: [], series: [], values: '' }
      assert.equal(aggregator.report(1, JSON.stringify(report)), 'refused')
      assert.equal(aggregator.report(2, JSON.stringify(report)), 'refused')
    })
  }
})
