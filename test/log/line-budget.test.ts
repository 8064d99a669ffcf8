import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBudget } from '../../src/log/line-budget.ts'

test('LineBudget allows so many lines in a period, and tells the time until the next', () => {
  const budget = new LineBudget(2, 100)
  assert.deepEqual([budget.take(0), budget.take(30)], [0, 0])
  assert.deepEqual([budget.take(40), budget.take(99)], [60, 1])
  assert.deepEqual([budget.take(100), budget.take(101)], [0, 29])
})
