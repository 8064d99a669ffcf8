import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../src/limits/master.ts'
import { Boots } from '../../src/master/boots.ts'

function bench(context: TestContext): {
  boots: Boots
  forks: () => number
  tick: (ms: number) => void
} {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let forks = 0
  const boots = new Boots(() => {
    forks += 1
  })
  return { boots, forks: () => forks, tick: (ms) => context.mock.timers.tick(ms) }
}

describe('Boots', () => {
  test('forks at once without a failure', (context) => {
    const { boots, forks } = bench(context)
    boots.forkSoon(1)
    assert.deepEqual([forks(), boots.waiting], [1, 0])
  })

  test('forks after a pause that grows with the failures for each wanted worker', (context) => {
    const { boots, forks, tick } = bench(context)
    boots.failed(2)
    boots.forkSoon(2)
    assert.equal(forks(), 1)
    boots.failed(2)
    boots.forkSoon(2)
    assert.deepEqual([forks(), boots.waiting], [1, 1])
    tick(masterLimits.firstForkPauseMs - 1)
    assert.equal(forks(), 1)
    tick(1)
    assert.deepEqual([forks(), boots.waiting], [2, 0])
    for (const _ of [1, 2]) boots.failed(2)
    boots.forkSoon(2)
    tick(2 * masterLimits.firstForkPauseMs - 1)
    assert.equal(forks(), 2)
    tick(1)
    assert.equal(forks(), 3)
  })

  test('treats no wanted worker like one wanted worker', (context) => {
    const { boots, forks, tick } = bench(context)
    boots.failed(0)
    boots.forkSoon(0)
    tick(masterLimits.firstForkPauseMs)
    assert.equal(forks(), 1)
  })

  test('cancels up to as many waiting forks as there are', (context) => {
    const { boots, forks, tick } = bench(context)
    boots.failed(1)
    for (let fork = 0; fork < 3; fork += 1) boots.forkSoon(1)
    assert.equal(boots.waiting, 3)
    assert.equal(boots.cancel(-1), 0)
    assert.equal(boots.cancel(2), 2)
    assert.equal(boots.waiting, 1)
    assert.equal(boots.cancel(2), 1)
    assert.equal(boots.waiting, 0)
    tick(masterLimits.longestForkPauseMs)
    assert.equal(forks(), 0)
  })

  test('forks with a pause after a fork that the system refused', (context) => {
    const { boots, forks, tick } = bench(context)
    boots.forkAgain(4)
    assert.deepEqual([forks(), boots.waiting], [0, 1])
    tick(masterLimits.firstForkPauseMs)
    assert.equal(forks(), 1)
  })

  test('lengthens the pause after several refused forks', (context) => {
    const { boots, forks, tick } = bench(context)
    for (const _ of [1, 2, 3]) boots.failed(1)
    boots.forkAgain(1)
    tick(4 * masterLimits.firstForkPauseMs - 1)
    assert.equal(forks(), 0)
    tick(1)
    assert.equal(forks(), 1)
  })

  test('forks none of the waiting forks after its stop', (context) => {
    const { boots, forks, tick } = bench(context)
    boots.forkAgain(1)
    boots.forkAgain(1)
    boots.stop()
    tick(masterLimits.longestForkPauseMs)
    assert.deepEqual([forks(), boots.waiting], [0, 0])
  })

  for (const wanted of [0, 1, 3]) {
    test(`gives up after too many failures in a row for ${wanted} wanted workers`, (context) => {
      const { boots } = bench(context)
      const most = masterLimits.failedBoots * Math.max(1, wanted)
      for (let failure = 1; failure < most; failure += 1) {
        assert.equal(boots.failed(wanted), false)
      }
      boots.succeeded()
      assert.equal(boots.failures, 0)
      for (let failure = 1; failure < most; failure += 1) {
        assert.equal(boots.failed(wanted), false)
      }
      assert.equal(boots.failed(wanted), true)
      assert.equal(boots.failures, most)
    })
  }
})
