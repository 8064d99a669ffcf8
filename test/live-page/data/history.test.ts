import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mergedHistory, sinceOf } from '../../../src/live-page/data/history.ts'
import type { LiveHistory, LiveWorkerColumns } from '../../../src/model/live/live-document.ts'

const capacity = 5

function columns(values: readonly (number | null)[]): LiveWorkerColumns {
  return {
    requestsPerSecond: values,
    loopDelay: values,
    cpuPercent: values,
    memory: values,
    heap: values,
  }
}

/** The samples from one number to another; each value is the number of its sample. */
function samples(first: number, last: number, workers: readonly string[] = []): LiveHistory {
  const values = Array.from({ length: last - first + 1 }, (_, index) => first + index)
  const rates = { '1xx': values, '2xx': values, '3xx': values, '4xx': values }
  return {
    stepSeconds: 2,
    capacity,
    last,
    epoch: 'a',
    times: values,
    rates: { ...rates, '5xx': values, none: values },
    ...{ p50: values, p95: values, p99: values },
    workers: Object.fromEntries(workers.map((key) => [key, columns(values)])),
  }
}

describe('The history of the live page', () => {
  test('appends new samples, and keeps as many as the exporter', () => {
    const merged = mergedHistory(samples(1, 4), samples(5, 7))
    for (const column of [merged.times, merged.rates['5xx'], merged.rates.none, merged.p99]) {
      assert.deepEqual(column, [3, 4, 5, 6, 7])
    }
    assert.equal(sinceOf(merged), 7)
  })

  test('skips samples that the page has', () => {
    assert.deepEqual(mergedHistory(samples(1, 4), samples(1, 5)).times, [1, 2, 3, 4, 5])
  })

  test('stays the same object without a new sample', () => {
    const known = samples(1, 4)
    assert.equal(mergedHistory(known, { ...samples(5, 4), last: 4 }), known)
  })

  test('starts anew after a gap, in another process, and after a step back', () => {
    assert.deepEqual(mergedHistory(samples(1, 4), samples(6, 7)).times, [6, 7])
    const other = { ...samples(1, 3), epoch: 'b' }
    assert.equal(mergedHistory(samples(1, 4), other), other)
    assert.deepEqual(mergedHistory(samples(1, 4), samples(1, 2)).times, [1, 2])
  })

  test('asks for all samples of another process that it has in part only', () => {
    const part = { ...samples(4, 4), epoch: 'b' }
    assert.equal(sinceOf(mergedHistory(samples(1, 3), part)), 0)
    assert.equal(sinceOf(undefined), 0)
  })

  test('fills the time before a new worker, and drops a worker that the exporter dropped', () => {
    const merged = mergedHistory(samples(1, 3, ['old', 'both']), samples(4, 5, ['both', 'new']))
    assert.deepEqual(Object.keys(merged.workers), ['both', 'new'])
    assert.deepEqual(merged.workers['both']?.memory, [1, 2, 3, 4, 5])
    assert.deepEqual(merged.workers['new']?.heap, [null, null, null, 4, 5])
  })

  test('takes a worker with the name of a property of objects', () => {
    const merged = mergedHistory(samples(1, 2), samples(3, 3, ['constructor']))
    assert.deepEqual(merged.workers['constructor']?.memory, [null, null, 3])
  })
})
