import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { Boots } from '../../../src/master/pool/boots.ts'

function bench(context: TestContext): {
  boots: Boots
  /** The ends of pauses so far. */
  dues: () => number
  tick: (ms: number) => void
} {
  context.mock.timers.enable({ apis: ['setTimeout'] })
  let dues = 0
  const boots = new Boots(() => {
    dues += 1
  })
  return { boots, dues: () => dues, tick: (ms) => context.mock.timers.tick(ms) }
}

const { firstForkPauseMs, longestForkPauseMs, longestPauseAloneMs } = masterLimits

describe('Boots', () => {
  test('pauses for a second at most while no worker serves', (context) => {
    const { boots, dues, tick } = bench(context)
    for (let life = 0; life < 20; life += 1) {
      if (life % 2 === 0) boots.livedShortly(1)
      else boots.failed(100)
      boots.shorten()
      tick(longestPauseAloneMs)
      assert.equal(boots.isPaused, false)
    }
    boots.livedShortly(1)
    tick(longestPauseAloneMs)
    assert.equal(boots.isPaused, true)
    // The last worker that served ends, and another worker ends during the pause.
    const before = dues()
    boots.shorten()
    tick(longestPauseAloneMs - 1)
    boots.shorten()
    tick(1)
    assert.deepEqual([boots.isPaused, dues()], [false, before + 1])
    tick(longestForkPauseMs)
    assert.equal(dues(), before + 1)
  })

  test('neither starts nor extends a short pause while no worker serves', (context) => {
    const { boots, tick } = bench(context)
    boots.shorten()
    assert.equal(boots.isPaused, false)
    boots.livedShortly(1)
    boots.shorten()
    tick(firstForkPauseMs)
    assert.equal(boots.isPaused, false)
  })

  test('tells once that its pauses have become long', (context) => {
    const { boots } = bench(context)
    const told = (): boolean[] =>
      Array.from({ length: 8 }, () => {
        boots.livedShortly(1)
        return boots.becameSlow(1)
      })
    const first = told()
    assert.deepEqual(first.filter(Boolean), [true])
    assert.equal(first[0], false)
    boots.lasted()
    assert.deepEqual(told(), first)
  })

  test('pauses for a time that grows with the failures for each wanted worker', (context) => {
    const { boots, dues, tick } = bench(context)
    boots.failed(2)
    assert.equal(boots.isPaused, false)
    boots.failed(2)
    assert.equal(boots.isPaused, true)
    tick(firstForkPauseMs - 1)
    assert.deepEqual([boots.isPaused, dues()], [true, 0])
    tick(1)
    assert.deepEqual([boots.isPaused, dues()], [false, 1])
    boots.failed(2)
    tick(firstForkPauseMs)
    boots.failed(2)
    tick(2 * firstForkPauseMs - 1)
    assert.equal(boots.isPaused, true)
    tick(1)
    assert.equal(boots.isPaused, false)
  })

  test('does not extend a pause in progress', (context) => {
    const { boots, tick } = bench(context)
    for (let failure = 0; failure < 5; failure += 1) boots.failed(1)
    tick(firstForkPauseMs)
    assert.equal(boots.isPaused, false)
  })

  test('pauses after short lives, although each worker served', (context) => {
    const { boots, tick } = bench(context)
    for (let life = 0; life < 3; life += 1) {
      boots.succeeded()
      boots.livedShortly(1)
      tick(longestForkPauseMs)
    }
    boots.livedShortly(1)
    tick(8 * firstForkPauseMs - 1)
    assert.deepEqual([boots.isPaused, boots.failures], [true, 0])
    tick(1)
    assert.equal(boots.isPaused, false)
  })

  test('starts over after a worker that lived for longer', (context) => {
    const { boots, tick } = bench(context)
    for (let life = 0; life < 3; life += 1) {
      boots.livedShortly(1)
      tick(longestForkPauseMs)
    }
    boots.lasted()
    boots.livedShortly(1)
    tick(firstForkPauseMs)
    assert.equal(boots.isPaused, false)
  })

  test('treats no wanted worker like one wanted worker', (context) => {
    const { boots } = bench(context)
    boots.failed(0)
    assert.equal(boots.isPaused, true)
  })

  test('pauses after a fork that the system refused', (context) => {
    const { boots, tick } = bench(context)
    boots.refused(4)
    tick(firstForkPauseMs - 1)
    assert.equal(boots.isPaused, true)
    tick(1)
    assert.equal(boots.isPaused, false)
  })

  test('ends its pause at its stop', (context) => {
    const { boots, dues, tick } = bench(context)
    boots.waitFor(7)
    boots.stop()
    tick(longestForkPauseMs)
    assert.deepEqual([boots.isPaused, dues()], [false, 0])
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
