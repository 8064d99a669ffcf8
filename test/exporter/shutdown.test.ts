import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shutDown } from '../../src/exporter/shutdown.ts'
import { exporterLimits } from '../../src/limits/exporter.ts'

interface Row {
  /** Fork numbers without a report, at each look for files. */
  readonly missing?: readonly (readonly number[])[]
  readonly pushFails?: boolean
  readonly lastReportsTimeoutMs?: number
}

/** Ends the workers 1 to 3. */
async function ended({ missing = [[]], pushFails = false, lastReportsTimeoutMs = 60_000 }: Row) {
  const events: string[] = []
  const done = new Int32Array(new SharedArrayBuffer(4))
  let looks = 0
  const result = await shutDown({
    exporter: {
      takeLastReports(forkNumbers) {
        events.push(`take ${forkNumbers}`)
        looks += 1
        return [...(missing[looks - 1] ?? missing.at(-1) ?? [])]
      },
    },
    push: {
      async last() {
        events.push('push')
        if (pushFails) throw new Error('push')
      },
    },
    share: {
      async last() {
        events.push(`share ${done[0]}`)
      },
    },
    directory: { last: () => events.push('directory') },
    handOver: { last: async () => {} },
    forkNumbers: [1, 2, 3],
    done,
    limits: {
      lastReportsTimeoutMs,
      lastReportsPollMs: exporterLimits.lastReportsPollMs / 10,
    },
  }).catch((error: Error) => error.message)
  return { events, done: done[0], error: result }
}

describe('shutDown', () => {
  test('takes the last reports before the last push, and then releases the process', async () => {
    assert.deepEqual(await ended({}), {
      events: ['take 1,2,3', 'directory', 'push', 'share 0'],
      done: 1,
      error: undefined,
    })
  })

  test('asks again every exporterLimits.lastReportsPollMs for missing reports only', async () => {
    const { events } = await ended({ missing: [[2, 3], [3], []] })
    assert.deepEqual(events.slice(0, 4), ['take 1,2,3', 'take 2,3', 'take 3', 'directory'])
  })

  test('stops to wait after exporterLimits.lastReportsTimeoutMs', async () => {
    const lastReportsTimeoutMs = exporterLimits.lastReportsTimeoutMs / 40
    const { events, done } = await ended({ missing: [[3]], lastReportsTimeoutMs })
    assert.deepEqual([...new Set(events)], ['take 1,2,3', 'take 3', 'directory', 'push', 'share 0'])
    assert.equal(done, 1)
  })

  test('releases the process after a failed push', async () => {
    const { done, error } = await ended({ pushFails: true })
    assert.deepEqual([done, error], [1, 'push'])
  })

  test('works without a push and without sharing', async () => {
    const done = new Int32Array(new SharedArrayBuffer(4))
    await shutDown({
      exporter: { takeLastReports: () => [] },
      push: undefined,
      share: undefined,
      directory: undefined,
      handOver: { last: async () => {} },
      forkNumbers: [],
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
      exporter: { takeLastReports: () => [] },
      push: undefined,
      share: undefined,
      directory: undefined,
      handOver: { last: async () => {} },
      forkNumbers: [],
      done,
    })
    assert.equal(await value, 'ok')
  })
})
