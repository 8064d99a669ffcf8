import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shutDown } from '../../src/exporter/shutdown.ts'

/** Ends two workers. */
async function ended({ pushFails = false, error }: Failures = {}) {
  const events: string[] = []
  const done = new Int32Array(new SharedArrayBuffer(4))
  const result = await shutDown({
    exporter: {
      takeLastReport(forkNumber) {
        events.push(`report ${forkNumber}`)
        return 'taken'
      },
      recoverCounts: (forkNumber) => events.push(`counts ${forkNumber}`),
    },
    push: {
      async last() {
        events.push('push')
        if (pushFails) throw new Error('push')
        return error
      },
    },
    share: {
      async last() {
        events.push(`share ${done[0]}`)
        return error
      },
    },
    directory: { last: () => events.push('directory') },
    handOver: { last: async () => {} },
    workers: [
      { forkNumber: 1, pid: 1, state: 'told' },
      { forkNumber: 2, pid: 2, state: 'exited' },
    ],
    done,
    warn: (text) => events.push(text),
    hasEnded: () => false,
  }).catch((error: Error) => error.message)
  return { events, done: done[0], error: result }
}

interface Failures {
  /** Whether the push rejects. */
  readonly pushFails?: boolean
  /** The error of the last push and the last write. */
  readonly error?: string
}

describe('shutDown', () => {
  test('takes the counts of workers before the last push, and then releases', async () => {
    assert.deepEqual(await ended(), {
      events: ['report 1', 'report 2', 'counts 1', 'counts 2', 'directory', 'push', 'share 0'],
      done: 1,
      error: undefined,
    })
  })

  test('releases the process after a failed push', async () => {
    const { done, error } = await ended({ pushFails: true })
    assert.deepEqual([done, error], [1, 'push'])
  })

  test('warns of a failed push and of a failed write', async () => {
    const { events, done } = await ended({ error: 'connect ECONNREFUSED' })
    assert.deepEqual(events.slice(-2), [
      'the last push failed: connect ECONNREFUSED (GPE_LAST_PUSH)',
      'the last write to Redis failed: connect ECONNREFUSED (GPE_LAST_PUSH)',
    ])
    assert.equal(done, 1)
  })

  test('works without a push and without sharing', async () => {
    const done = new Int32Array(new SharedArrayBuffer(4))
    await shutDown({
      exporter: { takeLastReport: () => 'none', recoverCounts() {} },
      push: undefined,
      share: undefined,
      directory: undefined,
      handOver: { last: async () => {} },
      workers: [],
      warn: assert.fail,
      done,
    })
    assert.equal(done[0], 1)
  })

  test('wakes a thread that waits for the release', async () => {
    const done = new Int32Array(new SharedArrayBuffer(4))
    // TypeScript's library for the oldest supported Node does not have this function.
    const waitAsync: (array: Int32Array, index: number, value: number) => { value: unknown } =
      Reflect.get(Atomics, 'waitAsync')
    const { value } = waitAsync(done, 0, 0)
    await shutDown({
      exporter: { takeLastReport: () => 'none', recoverCounts() {} },
      push: undefined,
      share: undefined,
      directory: undefined,
      handOver: { last: async () => {} },
      workers: [],
      warn: assert.fail,
      done,
    })
    assert.equal(await value, 'ok')
  })
})
