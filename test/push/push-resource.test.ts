import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { pushLimits } from '../../src/limits/push.ts'
import { areSettled } from '../../src/push/push-resource.ts'

describe('areSettled', () => {
  test('waits until the attributes are there', async () => {
    let resolve = (): void => {}
    const promise = new Promise<void>((onReady) => {
      resolve = onReady
    })
    let isReady = false
    const waiting = areSettled({ waitForAsyncAttributes: () => promise }, 60_000).then((value) => {
      assert.equal(value, true)
      isReady = true
    })
    await new Promise(setImmediate)
    assert.equal(isReady, false)
    resolve()
    await waiting
  })

  test('stops to wait after pushLimits.resourceTimeoutMs', { timeout: 5_000 }, async () => {
    const waitForAsyncAttributes = (): Promise<void> => new Promise(() => {})
    const ms = pushLimits.resourceTimeoutMs / 100
    // The limit keeps no process alive.
    const alive = setInterval(() => {}, 1_000)
    assert.equal(await areSettled({ waitForAsyncAttributes }, ms), false)
    clearInterval(alive)
  })

  test('returns for a resource without such attributes', async () => {
    assert.equal(await areSettled({}), true)
  })
})
