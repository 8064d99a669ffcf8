import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { ConfirmedTotals, nonMonotonic } from '../../../src/share/succession/confirmed-totals.ts'
import { counted, depth, sizes, waits } from '../../support/redis/source-state.ts'

const gauge: Metric = { descriptor: depth, points: [{ attributes: {}, value: 3 }] }
const upAndDown: Metric = {
  ...gauge,
  descriptor: { ...depth, name: 'stock', kind: 'upDownCounter' },
}

function stored(value: number) {
  return { metrics: [counted(value)], retained: [] }
}

describe('The totals that Redis has confirmed', () => {
  test('are shown up to the age shareLimits.confirmedTotalsMs', () => {
    const totals = new ConfirmedTotals()
    assert.equal(totals.at(0), undefined)
    totals.confirm(stored(1), 100)
    assert.deepEqual(totals.at(200), [counted(1)])
    totals.confirm(stored(2), 1_100)
    assert.deepEqual(totals.at(1_100 + shareLimits.confirmedTotalsMs), [counted(2)])
    assert.equal(totals.at(1_101 + shareLimits.confirmedTotalsMs), undefined)
  })

  test('are not shown after newer totals, until Redis confirms still newer totals', () => {
    const totals = new ConfirmedTotals()
    totals.confirm(stored(1), 1_000)
    const late = 1_001 + shareLimits.confirmedTotalsMs
    assert.equal(totals.at(late), undefined)
    // Collected before the page showed newer totals, and confirmed later.
    totals.confirm(stored(2), late - 10)
    assert.equal(totals.at(late + 10), undefined)
    totals.confirm(stored(3), late + 5)
    assert.equal(totals.at(late + 20), undefined)
    totals.confirm(stored(4), late + 30)
    assert.deepEqual(totals.at(late + 40), [counted(4)])
  })

  test('are not shown after a takeover', () => {
    const totals = new ConfirmedTotals()
    totals.confirm(stored(1), 1_000)
    totals.forget()
    assert.equal(totals.at(1_001), undefined)
  })

  test('are the monotonic metrics, with the series of earlier workers', () => {
    const point = { attributes: {}, value: { count: 1, sum: 1, counts: [1, 0, 0] } }
    const growing: Metric[] = [
      counted(1),
      { descriptor: waits, points: [point] },
      { descriptor: sizes, points: [] },
    ]
    const left = counted(7, { worker_id: 'gone' })
    const totals = new ConfirmedTotals()
    const metrics = [gauge, ...growing, upAndDown]
    totals.confirm({ metrics, retained: [{ until: 1, metrics: [left] }] }, 1)
    assert.deepEqual(totals.at(2), [...growing, left])
    assert.deepEqual(nonMonotonic(metrics), [gauge, upAndDown])
  })
})
