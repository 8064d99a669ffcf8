import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { History } from '../../../../src/commands/top/state/history.ts'
import { liveReadLimits } from '../../../../src/limits/tools/live.ts'
import { liveDocument } from '../../../support/top/documents.ts'

interface Samples {
  readonly epoch?: string
  readonly last: number
  readonly rates: readonly (number | null)[]
  readonly workers?: Readonly<Record<string, readonly number[]>>
}

function samples({ epoch = 'a', last, rates, workers = {} }: Samples) {
  const columns = Object.entries(workers).map(([id, values]) => [id, { requestsPerSecond: values }])
  const times = rates.map((_, index) => index)
  const history = {
    ...{ epoch, last, capacity: 450, stepSeconds: 2, times, p95: rates.map(() => 0.1) },
    rates: { '2xx': rates, '5xx': rates.map(() => 1) },
    workers: Object.fromEntries(columns),
  }
  return liveDocument({ history }).history
}

describe('History', () => {
  test('adds new samples, also where an answer repeats old samples', () => {
    const history = new History()
    history.add(samples({ last: 2, rates: [1, 2] }))
    history.add(samples({ last: 3, rates: [2, 3] }))
    history.add(samples({ last: 3, rates: [] }))
    assert.deepEqual(history.requests, [2, 3, 4])
    assert.deepEqual(history.errors, [1, 1, 1])
    assert.deepEqual(history.p95, [0.1, 0.1, 0.1])
  })

  test('starts anew with another process', () => {
    const history = new History()
    history.add(samples({ last: 9, rates: [1, 2] }))
    history.add(samples({ epoch: 'b', last: 1, rates: [7] }))
    assert.deepEqual(history.requests, [8])
    // The process has the same epoch and fewer samples: its counting began again.
    history.add(samples({ epoch: 'b', last: 0, rates: [] }))
    assert.deepEqual(history.requests, [])
  })

  test('forgets workers that have ended', () => {
    const history = new History()
    history.add(samples({ last: 1, rates: [1], workers: { a: [1], b: [2] } }))
    history.add(samples({ last: 2, rates: [1], workers: { b: [3] } }))
    assert.deepEqual([history.worker('a'), history.worker('b')], [[], [2, 3]])
  })

  test('is bounded', () => {
    const history = new History()
    for (let last = 1; last < liveReadLimits.samples + 50; last += 1) {
      history.add(samples({ last, rates: [last] }))
    }
    assert.equal(history.requests.length, liveReadLimits.samples)
    const workers = Object.fromEntries(
      Array.from({ length: liveReadLimits.historyWorkers + 9 }, (_, index) => [`w${index}`, [1]]),
    )
    history.add(samples({ epoch: 'c', last: 1, rates: [1], workers }))
    assert.deepEqual(history.worker(`w${liveReadLimits.historyWorkers + 1}`), [])
  })
})
