import assert from 'node:assert/strict'
import { createHook } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { late, withTimeLimit } from '../../src/support/time-limit.ts'

describe('withTimeLimit', () => {
  test('settles like the promise', async () => {
    assert.equal(await withTimeLimit(sleep(1, 'value'), 10_000), 'value')
    await assert.rejects(withTimeLimit(Promise.reject(new Error('lost')), 10_000), /lost/)
  })

  test('resolves with `late` after the time', async () => {
    // The timer of the test keeps the process alive.
    const [outcome] = await Promise.all([withTimeLimit(new Promise(() => {}), 10), sleep(50)])
    assert.equal(outcome, late)
  })

  test('starts a timer only for a promise that outlasts the turn', async () => {
    let timers = 0
    const hook = createHook({
      init(_id, type) {
        if (type === 'Timeout') timers += 1
      },
    })
    hook.enable()
    await withTimeLimit(later(20), 10_000)
    await immediate()
    assert.equal(timers, 0)
    await withTimeLimit(immediate(), 10_000)
    hook.disable()
    assert.equal(timers, 1)
  })
})

/** Resolves after so many microtasks. */
async function later(microtasks: number): Promise<void> {
  for (let count = 0; count < microtasks; count += 1) await undefined
}

function immediate(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
