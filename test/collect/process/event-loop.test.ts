import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import {
  type EventLoopObserver,
  observeEventLoop,
} from '../../../src/collect/process/event-loop.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import { delayBounds } from '../../../src/model/catalog/bounds.ts'
import { ManualClock } from '../../support/manual-clock.ts'

interface Scripted {
  readonly clock: ManualClock
  readonly observer: EventLoopObserver
  /** Delays that the next read finds, seconds. */
  readonly pending: number[]
  readonly passedOn: number[]
}

function scripted(): Scripted {
  const clock = new ManualClock()
  const pending: number[] = []
  const passedOn: number[] = []
  const samples = { take: () => pending.splice(0), stop: () => {} }
  const onDelay = (seconds: number): void => {
    passedOn.push(seconds)
  }
  return { clock, observer: observeEventLoop({ clock, samples, onDelay }), pending, passedOn }
}

describe('observeEventLoop', () => {
  it('counts each delay once, whoever reads', () => {
    const { observer, pending, passedOn } = scripted()
    pending.push(0.001, 4)
    assert.equal(observer.recentDelayMax(), 4)
    pending.push(0.3)
    const counts = delayBounds.map((bound) =>
      bound === 0.01 || bound === 0.5 || bound === 5 ? 1 : 0,
    )
    assert.deepEqual(observer.delays(), { count: 3, sum: 4.301, counts: [...counts, 0] })
    assert.equal(observer.recentDelayMax(), 4)
    assert.deepEqual(passedOn, [0.001, 4, 0.3])
  })

  it('keeps the longest delay for 60 seconds and two reports at least', async () => {
    for (const startMs of [0, 1, 2_500, 4_999]) {
      const { clock, observer, pending } = scripted()
      await clock.advance(startMs)
      pending.push(4)
      const seen = [observer.recentDelayMax()]
      for (let second = 1; second < 63; second += 1) {
        await clock.advance(1_000)
        pending.push(0.001)
        seen.push(observer.recentDelayMax())
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 63 }, () => 4),
      )
      await clock.advance(8_000)
      assert.equal(observer.recentDelayMax(), 0.001)
    }
  })

  it('reads delays without a reader, and stops', async () => {
    const { clock, observer, pending, passedOn } = scripted()
    pending.push(0.2)
    await clock.advance(collectLimits.delayWindowPartMs)
    assert.deepEqual(passedOn, [0.2])
    observer.stop()
    assert.equal(clock.pending, 0)
  })

  it('returns active and idle seconds that together are the time of the loop', async () => {
    const { observer } = scripted()
    await turn()
    const before = { ...observer.loopSeconds(), at: performance.now() }
    const end = performance.now() + 50
    while (performance.now() < end);
    const after = { ...observer.loopSeconds(), at: performance.now() }
    assert.ok(after.active - before.active >= 0.05)
    const all = after.active + after.idle - before.active - before.idle
    assert.ok(Math.abs(all - (after.at - before.at) / 1_000) < 0.02, `${all}`)
  })

  it('returns a utilization from 0 to 1', async () => {
    const { observer } = scripted()
    // Node measures no utilization before the first turn of the event loop.
    await turn()
    const utilizations = [observer.takeUtilization()]
    await turn()
    const end = performance.now() + 20
    while (performance.now() < end);
    utilizations.push(observer.takeUtilization())
    assert.ok(
      utilizations.every((utilization) => utilization >= 0 && utilization <= 1),
      String(utilizations),
    )
    assert.notEqual(utilizations[1], 0)
  })
})
