import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nodeClock } from '../../src/support/clock.ts'

describe('The clock of Node', () => {
  test('calls back once, and again and again, until its timers stop', async (context) => {
    const alive = setInterval(() => {}, 1_000)
    context.after(() => clearInterval(alive))
    const calls: string[] = []
    const from = nodeClock.now()
    const stopped = nodeClock.after(0, () => calls.push('stopped'))
    stopped()
    nodeClock.after(0, () => calls.push('once'))
    await new Promise<void>((resolve) => {
      const stop = nodeClock.every(1, () => {
        calls.push('again')
        if (calls.length < 4) return
        stop()
        resolve()
      })
    })
    await new Promise((resolve) => setTimeout(resolve, 10))
    assert.deepEqual(calls.toSorted(), ['again', 'again', 'again', 'once'])
    assert.ok(nodeClock.now() > from)
  })

  test('keeps no process alive', () => {
    const before = activeTimers()
    const stops = [nodeClock.after(1_000, () => {}), nodeClock.every(1_000, () => {})]
    assert.equal(activeTimers(), before)
    for (const stop of stops) stop()
  })
})

/** Timers that keep the process alive. */
function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
}
