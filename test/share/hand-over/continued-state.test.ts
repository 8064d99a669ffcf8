import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import type { Metric } from '../../../src/model/metric.ts'
import { ContinuedState } from '../../../src/share/hand-over/continued-state.ts'
import { counted, depth, orders } from '../../support/redis/source-state.ts'

/** A state whose clock stands at 0 until the test moves the clock. */
function bench() {
  const clock = { time: 0, now: () => clock.time }
  const options = {
    usesSlots: false,
    keepWorkerId: false,
    mergeRules: [],
    retentionMs: 300_000,
    clock,
  }
  return { state: new ContinuedState(options), clock }
}

/** The sum of the application's counter. */
function ordersOn(metrics: readonly Metric[]): number {
  return metrics
    .filter(({ descriptor }) => descriptor.name === orders.name)
    .flatMap(({ points }) => points)
    .reduce((sum, { value }) => sum + Number(value), 0)
}

const other = (count: number) => ({ metrics: [counted(count)], retained: [] })

describe('ContinuedState', () => {
  test('adds the totals of the other master, and keeps the totals after its end', () => {
    const { state } = bench()
    state.setOther(other(5))
    assert.equal(ordersOn(state.page([counted(2)], false)), 7)
    state.setOther(other(6))
    assert.equal(ordersOn(state.page([counted(2)], false)), 8)
    state.keepOther()
    assert.equal(ordersOn(state.page([counted(3)], false)), 9)
    assert.equal(ordersOn(state.ownState([counted(3)]).metrics), 9)
  })

  test('lets no total fall at the end of the other master, before a new state is stored', () => {
    const { state, clock } = bench()
    state.confirm(state.ownState([counted(2)]), 0)
    state.setOther(other(5))
    clock.time = 300
    assert.equal(ordersOn(state.page([counted(2)], true)), 7)
    const underWay = state.ownState([counted(3)])
    state.keepOther()
    state.confirm(underWay, 200)
    assert.equal(ordersOn(state.page([counted(3)], true)), 8)
    clock.time = 400
    state.confirm(state.ownState([counted(4)]), 400)
    assert.equal(ordersOn(state.page([counted(9)], true)), 9)
  })

  test('leaves the living other master out of the own state, and puts both into a file', () => {
    const { state } = bench()
    state.setOther(other(5))
    const own = state.ownState([counted(2)])
    assert.equal(ordersOn(own.metrics), 2)
    assert.equal(ordersOn(state.withOther(own).metrics), 7)
  })

  test('shows only confirmed totals where another process continues them', () => {
    const { state, clock } = bench()
    state.confirm(state.ownState([counted(2)]), 0)
    clock.time = 500
    assert.equal(ordersOn(state.page([counted(9)], true)), 2)
    assert.equal(ordersOn(state.page([counted(9)], false)), 9)
  })

  test('shows current totals when no state leaves the process for long', () => {
    const { state, clock } = bench()
    state.confirm(state.ownState([counted(2)]), 0)
    clock.time = shareLimits.confirmedTotalsMs + 1
    assert.equal(ordersOn(state.page([counted(9)], true)), 9)
    // A page must not fall behind an earlier page.
    state.confirm(state.ownState([counted(5)]), clock.time - 1)
    assert.equal(ordersOn(state.page([counted(9)], true)), 9)
  })

  test('loses nothing over more ended masters than it keeps apart', () => {
    const { state } = bench()
    const masters = 2 * shareLimits.retainedProcesses
    for (let count = 0; count < masters; count += 1) state.continue(other(1))
    assert.equal(ordersOn(state.page([], false)), masters)
    assert.ok(state.ownState([]).retained.length <= shareLimits.retainedProcesses)
  })

  test('shows the gauge of this master before an equal gauge of the other', () => {
    const { state } = bench()
    const gauge = (value: number): Metric => ({
      descriptor: { ...depth, kind: 'gauge' },
      points: [{ attributes: { worker_id: 'a' }, value }],
    })
    state.setOther({ metrics: [gauge(5)], retained: [] })
    assert.deepEqual(state.page([gauge(1)], false), [gauge(1)])
    assert.deepEqual(state.page([], false), [gauge(5)])
  })
})
