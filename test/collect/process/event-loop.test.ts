import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { observeEventLoop } from '../../../src/collect/process/event-loop.ts'
import { collectLimits } from '../../../src/limits/collect.ts'
import type { Clock } from '../../../src/support/clock.ts'

/** A clock whose timer fires late, as the timer of a blocked event loop does. */
class LateClock implements Clock {
  #now = 1_000
  #act: () => void = () => assert.fail('no timer')
  periodMs = 0

  readonly now = (): number => this.#now
  readonly after = (): never => assert.fail()
  readonly every = (periodMs: number, act: () => void): (() => void) => {
    this.periodMs = periodMs
    this.#act = act
    return () => {
      this.periodMs = 0
    }
  }

  pass(ms: number): void {
    this.#now += ms
  }

  fire(): void {
    this.#act()
  }
}

const { delaySampleMs } = collectLimits

describe('observeEventLoop', () => {
  it('samples every collectLimits.delaySampleMs until it stops', () => {
    const clock = new LateClock()
    const observer = observeEventLoop(clock)
    assert.equal(clock.periodMs, collectLimits.delaySampleMs)
    observer.stop()
    assert.equal(clock.periodMs, 0)
  })

  it('returns the longest delay since the previous call in seconds', () => {
    const clock = new LateClock()
    const { takeDelayMax } = observeEventLoop(clock)
    for (const delayMs of [0, 300, 20]) {
      clock.pass(delaySampleMs + delayMs)
      clock.fire()
    }
    assert.equal(takeDelayMax(), 0.3)
    assert.equal(takeDelayMax(), 0)
  })

  it('includes a delay whose timer has not fired yet', () => {
    const clock = new LateClock()
    const { takeDelayMax } = observeEventLoop(clock)
    clock.pass(delaySampleMs + 2_000)
    assert.equal(takeDelayMax(), 2)
  })

  it('returns 0 for a timer that fires on time or early', () => {
    const clock = new LateClock()
    const { takeDelayMax } = observeEventLoop(clock)
    clock.pass(delaySampleMs - 1)
    clock.fire()
    assert.equal(takeDelayMax(), 0)
  })

  it('returns a utilization from 0 to 1', async () => {
    const { takeUtilization } = observeEventLoop(new LateClock())
    // Node measures no utilization before the first turn of the event loop.
    await turn()
    const utilizations = [takeUtilization()]
    await turn()
    const end = performance.now() + 20
    while (performance.now() < end);
    utilizations.push(takeUtilization())
    assert.ok(
      utilizations.every((utilization) => utilization >= 0 && utilization <= 1),
      String(utilizations),
    )
    assert.notEqual(utilizations[1], 0)
  })
})
