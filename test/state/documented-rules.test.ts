import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type ChosenRule, chosenRules } from '../../src/model/merging/merge-rule.ts'
import { MergeRules } from '../../src/model/merging/merge-rules.ts'
import { presetRules } from '../../src/model/merging/preset-rules.ts'
import type { MetricKind } from '../../src/model/metric.ts'
import { Aggregator } from '../../src/state/aggregator.ts'
import { ReportingSource } from '../support/reporting-source.ts'

const page = readFileSync(join(import.meta.dirname, '../../docs/merging.md'), 'utf8')

/** The rows below the heading of a table, as texts without backquotes. */
function rowsBelow(heading: string): string[][] {
  const [, after = ''] = page.split(`${heading}\n`)
  const [table = ''] = after.split('\n\n')
  const rows = table.split('\n').slice(1)
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.replaceAll('`', '').trim()),
  )
}

describe('docs/merging.md', () => {
  const rules = rowsBelow('| rule | counter | after the kill | gauge | after the kill |')

  test('lists all rules', () => {
    assert.deepEqual(
      rules.map(([rule]) => rule),
      [...chosenRules],
    )
  })

  for (const [rule = '', counter, counterAfter, gauge, gaugeAfter] of rules) {
    test(`shows what ${rule} does`, () => {
      const before = shown(rule, 'counter', false)
      assert.deepEqual([before, shown(rule, 'counter', true)], [counter, counterAfter])
      assert.deepEqual(
        [shown(rule, 'gauge', false), shown(rule, 'gauge', true)],
        [gauge, gaugeAfter],
      )
    })
  }

  test('lists all rules for known names', () => {
    const rows = rowsBelow('| names | describe | rule |').map(([pattern, , rule]) => ({
      pattern,
      rule,
    }))
    assert.deepEqual(rows, presetRules)
  })
})

/** The values of three workers, before and after the worker with the value 5 is killed. */
function shown(rule: string, kind: MetricKind, isAfter: boolean): string {
  const chosen = chosenRules.find((each): each is ChosenRule => each === rule)
  assert.ok(chosen)
  const mergeRules = [{ pattern: 'm', rule: chosen }]
  const aggregator = new Aggregator({
    workerIdOf: ({ forkNumber }) => `w${forkNumber}`,
    rules: new MergeRules({ mergeRules, keepWorkerId: false }),
    reusesIds: false,
    maxSeries: 10,
  })
  const descriptor = { name: 'm', kind, unit: '', description: '', scope: 'app' }
  for (const [index, value] of [3, 5, 4].entries()) {
    const source = new ReportingSource(index + 1).set(descriptor, {}, value)
    assert.equal(aggregator.report(index + 1, source.report()), 'accepted')
  }
  if (isAfter) aggregator.retire(2, false)
  const values = aggregator.metrics().flatMap(({ points }) => points.map(({ value }) => value))
  return values.length === 0 ? 'no series' : values.join(', ')
}
