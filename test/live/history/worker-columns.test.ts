import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WorkerColumns, type WorkerSample } from '../../../src/live/history/worker-columns.ts'

function sampleOf(rate: number): WorkerSample {
  return { requestsPerSecond: rate, loopDelay: null, cpuPercent: null, memory: null, heap: null }
}

function workers(rates: Readonly<Record<string, number>>): ReadonlyMap<string, WorkerSample> {
  return new Map(Object.entries(rates).map(([key, rate]) => [key, sampleOf(rate)]))
}

function ratesOf(columns: WorkerColumns, last: number): Record<string, readonly unknown[]> {
  const found = Object.entries(columns.between(1, last))
  return Object.fromEntries(found.map(([key, { requestsPerSecond }]) => [key, requestsPerSecond]))
}

describe('The columns of workers', () => {
  test('stay for a worker that has ended, while the history has its samples', () => {
    const columns = new WorkerColumns({ capacity: 3, workers: 4 })
    columns.write(1, workers({ a: 1 }))
    columns.write(2, workers({ a: 2, b: 7 }))
    columns.write(3, workers({ b: 8 }))
    assert.deepEqual(ratesOf(columns, 3), { a: [1, 2, null], b: [null, 7, 8] })
    columns.write(4, workers({ b: 9 }))
    const { a } = columns.between(2, 4)
    assert.deepEqual(a?.requestsPerSecond, [2, null, null])
    columns.write(5, workers({ b: 9 }))
    assert.deepEqual(Object.keys(columns.between(3, 5)), ['b'])
  })

  test('go to a new worker from the worker that ended first', () => {
    const columns = new WorkerColumns({ capacity: 5, workers: 2 })
    columns.write(1, workers({ a: 1, b: 2 }))
    columns.write(2, workers({ b: 3 }))
    columns.write(3, workers({ c: 4 }))
    assert.deepEqual(ratesOf(columns, 3), { b: [2, 3, null], c: [null, null, 4] })
    // The worker with the later end came first.
    const turned = new WorkerColumns({ capacity: 5, workers: 2 })
    turned.write(1, workers({ late: 1, early: 2 }))
    turned.write(2, workers({ late: 3 }))
    turned.write(3, workers({ next: 4 }))
    assert.deepEqual(Object.keys(turned.between(1, 3)), ['late', 'next'])
  })

  test('leave out live workers beyond the limit', () => {
    const columns = new WorkerColumns({ capacity: 5, workers: 2 })
    columns.write(1, workers({ a: 1, b: 2, c: 3 }))
    assert.deepEqual(ratesOf(columns, 1), { a: [1], b: [2] })
    columns.write(2, workers({ a: 1, b: 2, c: 3 }))
    assert.deepEqual(ratesOf(columns, 2), { a: [1, 1], b: [2, 2] })
  })

  test('never exceed the limit in a loop of crashes', () => {
    const columns = new WorkerColumns({ capacity: 5, workers: 3 })
    for (let sample = 1; sample <= 100; sample += 1) {
      columns.write(sample, workers({ [`worker_${sample}`]: 1, [`other_${sample}`]: 1 }))
      assert.ok(Object.keys(columns.between(sample, sample)).length <= 3)
    }
  })
})
