import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveLimits } from '../../../src/limits/tools/live.ts'
import { History } from '../../../src/live/history/history.ts'

function filled(samples: number, capacity = 10): History {
  const history = new History({ capacity, workers: 2 })
  for (let sample = 1; sample <= samples; sample += 1) {
    history.add({
      time: 1_700_000_000_000 + sample,
      rates: sample === 1 ? null : [0, sample, 0, 0, 0, 0],
      quantiles: [null, 0.5, sample],
      workers: new Map(),
    })
  }
  return history
}

describe('A history', () => {
  test('has columns of one length', () => {
    const { times, rates, p50, p95, p99, last } = filled(3).after(0)
    assert.deepEqual(times, [1_700_000_000_001, 1_700_000_000_002, 1_700_000_000_003])
    assert.deepEqual(rates['2xx'], [null, 2, 3])
    assert.deepEqual([p50, p95, p99, last], [[null, null, null], [0.5, 0.5, 0.5], [1, 2, 3], 3])
  })

  test('has the last samples only, and the samples after a number', () => {
    const history = filled(25)
    assert.deepEqual(history.after(0).p99, [16, 17, 18, 19, 20, 21, 22, 23, 24, 25])
    assert.deepEqual(history.after(23).p99, [24, 25])
    assert.deepEqual(history.after(25).times, [])
  })

  test('starts anew for a client of another process, and for a client far behind', () => {
    const history = filled(100, 450)
    assert.equal(history.startFor(99), 99)
    assert.equal(history.startFor(100), 100)
    assert.equal(history.startFor(101), 0)
    assert.equal(history.startFor(100 - liveLimits.freshSamples), 100 - liveLimits.freshSamples)
    assert.equal(history.startFor(99 - liveLimits.freshSamples), 0)
  })

  test('starts anew when the clock is set back', () => {
    const history = filled(7)
    const { epoch } = history.after(0)
    const values = { requestsPerSecond: 1, loopDelay: 1, cpuPercent: 1, memory: 1, heap: 1 }
    const sample = { rates: null, quantiles: [null, null, null] as const }
    history.add({ ...sample, time: 1_699_999_000_000, workers: new Map([['w', values]]) })
    const { times, last, workers, epoch: next } = history.after(0)
    assert.deepEqual([times, last, workers['w']?.memory], [[1_699_999_000_000], 1, [1]])
    assert.notEqual(next, epoch)
  })

  test('is empty before the first sample', () => {
    const { times, last } = filled(0).after(0)
    assert.deepEqual([times, last], [[], 0])
    assert.notEqual(filled(0).after(0).epoch, filled(0).after(0).epoch)
  })
})
