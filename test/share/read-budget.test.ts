import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../src/limits/share.ts'
import { ReadBudget } from '../../src/share/read-budget.ts'

const perSecond = shareLimits.stateBytesPerSecond
const debtMs = shareLimits.longestReadPauseMs

describe('ReadBudget', () => {
  test('allows the bytes of a second at the start', () => {
    const budget = new ReadBudget({ intervalMs: 1, now: 5_000 })
    assert.equal(budget.spend(perSecond - 1), true)
    // One byte is left, so one more state may be read.
    assert.equal(budget.spend(1), true)
    assert.equal(budget.spend(1), false)
  })

  test('allows the bytes of an interval that is longer than a second', () => {
    const budget = new ReadBudget({ intervalMs: 4_000, now: 0 })
    assert.equal(budget.spend(4 * perSecond - 1), true)
    assert.equal(budget.spend(1), true)
    assert.equal(budget.spend(1), false)
  })

  test('gets bytes for the time since the last call, and no more than at the start', () => {
    const budget = new ReadBudget({ intervalMs: 1_000, now: 5_000 })
    budget.spend(perSecond)
    budget.advance(5_100)
    budget.advance(5_200)
    assert.equal(budget.spend(perSecond / 5 - 1), true)
    assert.equal(budget.spend(1), true)
    assert.equal(budget.spend(1), false)
    budget.advance(500_000)
    assert.equal(budget.spend(perSecond), true)
    assert.equal(budget.spend(1), false)
  })

  test('pauses after a state that is larger than the rest', () => {
    const budget = new ReadBudget({ intervalMs: 1_000, now: 0 })
    budget.spend(3 * perSecond)
    budget.advance(2_000)
    assert.equal(budget.spend(1), false)
    budget.advance(2_001)
    assert.equal(budget.spend(1), true)
  })

  test('pauses for shareLimits.longestReadPauseMs at most', () => {
    const budget = new ReadBudget({ intervalMs: 1_000, now: 0 })
    budget.spend(10 * debtMs * perSecond)
    budget.advance(debtMs)
    assert.equal(budget.spend(1), false)
    budget.advance(debtMs + 1)
    assert.equal(budget.spend(1), true)
  })

  test('charges what a state has more than expected, and returns what a state has less', () => {
    const budget = new ReadBudget({ intervalMs: 1_000, now: 0 })
    budget.spend(1)
    budget.correct(perSecond - 1)
    assert.equal(budget.spend(1), false)
    budget.correct(-10)
    assert.equal(budget.spend(1), true)
  })
})
