import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WorkerFacts } from '../../../src/live/counts/reading.ts'
import type { WorkerTotals } from '../../../src/live/counts/worker-totals.ts'
import { WorkerTracks } from '../../../src/live/counts/worker-tracks.ts'

interface Worker {
  readonly requests: number
  /** Finished with status 200. Default: all. */
  readonly ok?: number
  /** Undefined: the worker has ended. */
  readonly ageSeconds?: number | undefined
  readonly reportAgeSeconds?: number | null
  readonly hangs?: boolean
  readonly instance?: string
}

function totalsOf({ requests, ok = requests, instance }: Worker): WorkerTotals {
  const classes = [0, ok, 0, 0, 0]
  return { instance, requests, classes, durations: undefined, delays: undefined }
}

function factsOf(key: string, worker: Worker): WorkerFacts | undefined {
  const { ageSeconds, reportAgeSeconds = 0.5, hangs = false } = worker
  if (ageSeconds === undefined) return undefined
  return {
    ...{ key, workerId: key, instance: null, pid: 1, state: 'running', listening: true },
    ...{ ageSeconds, reportAgeSeconds, valuesAgeSeconds: reportAgeSeconds },
    hang: hangs ? { state: 'hanging', seconds: 3, heldBy: null, stack: null } : null,
    kernel: { memoryBytes: null, cpuPercent: null },
  }
}

/** The rates after each sample, by worker. */
class Samples {
  readonly tracks = new WorkerTracks()
  #now = 1_000_000

  next(workers: Readonly<Record<string, Worker>>, ms = 2_000): Record<string, number | null> {
    this.#now += ms
    const entries = Object.entries(workers)
    const facts = new Map(
      entries.flatMap(([key, worker]) => {
        const found = factsOf(key, worker)
        return found ? [[key, found] as const] : []
      }),
    )
    const totals = new Map(entries.map(([key, worker]) => [key, totalsOf(worker)]))
    const steps = this.tracks.advance({ totals, facts, now: this.#now })
    return Object.fromEntries(
      Array.from(steps, ([key, { requestsPerSecond }]) => [key, requestsPerSecond]),
    )
  }
}

describe('The rates of workers', () => {
  test('are differences over the time between two reports', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 100, ageSeconds: 60, reportAgeSeconds: 0.9 } })
    // Three reports lie between these samples.
    const rates = samples.next({ a: { requests: 400, ageSeconds: 62, reportAgeSeconds: -0.1 } })
    assert.deepEqual(rates, { a: 100 })
  })

  test('are unknown for a worker that a new exporter thread finds', () => {
    const samples = new Samples()
    assert.deepEqual(samples.next({}), {})
    assert.deepEqual(samples.next({ a: { requests: 1e6, ageSeconds: 500 } }), { a: null })
    assert.equal(samples.tracks.joinedAt, 1_004_000)
    assert.deepEqual(samples.next({ a: { requests: 1e6 + 10, ageSeconds: 502 } }), { a: 5 })
  })

  test('count all requests of a worker that started since the last sample', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 5, ageSeconds: 60 } })
    const rates = samples.next({
      a: { requests: 5, ageSeconds: 62 },
      b: { requests: 30, ageSeconds: 1 },
    })
    assert.deepEqual(rates, { a: 0, b: 15 })
  })

  test('count the last requests of a worker that ended, and then nothing', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 100, ageSeconds: 60 } })
    assert.deepEqual(samples.next({ a: { requests: 140 } }), { a: 20 })
    assert.deepEqual(samples.next({ a: { requests: 140 } }), { a: 0 })
    assert.deepEqual(samples.next({}), {})
  })

  test('count a worker that lived between two samples', () => {
    const samples = new Samples()
    samples.next({})
    assert.deepEqual(samples.next({ a: { requests: 8 } }), { a: 4 })
  })

  test('never fall below zero when a counter begins again', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 1_000, ageSeconds: 60 } })
    assert.deepEqual(samples.next({ a: { requests: 6, ageSeconds: 62 } }), { a: 3 })
  })

  test('go on in the slot of a replaced worker', () => {
    const samples = new Samples()
    samples.next({ 1: { requests: 1_000, ageSeconds: 60 } })
    assert.deepEqual(samples.next({ 1: { requests: 1_010, ageSeconds: 0.5 } }), { 1: 5 })
  })

  test('stay while no newer report has come, and end after a while', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 0, ageSeconds: 60, reportAgeSeconds: 0 } })
    samples.next({ a: { requests: 20, ageSeconds: 62, reportAgeSeconds: 0 } })
    const held = samples.next({ a: { requests: 20, ageSeconds: 64, reportAgeSeconds: 2 } })
    assert.deepEqual(held, { a: 10 })
    const late = { requests: 20, ageSeconds: 90, reportAgeSeconds: 28 }
    assert.deepEqual(samples.next({ a: late }, 26_000), { a: 0 })
  })

  test('are zero while a worker hangs, and spread over the hang at its end', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 0, ageSeconds: 60, reportAgeSeconds: 0 } })
    samples.next({ a: { requests: 20, ageSeconds: 62, reportAgeSeconds: 0 } })
    const hung = { requests: 20, ageSeconds: 64, reportAgeSeconds: 2, hangs: true }
    assert.deepEqual(samples.next({ a: hung }), { a: 0 })
    const back = { requests: 60, ageSeconds: 66, reportAgeSeconds: 0 }
    assert.deepEqual(samples.next({ a: back }), { a: 10 })
  })

  test('of a new instance are unknown, also of workers that have ended', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 5, ageSeconds: 60, instance: 'one' } })
    const rates = samples.next({
      a: { requests: 9, ageSeconds: 62, instance: 'one' },
      b: { requests: 500, instance: 'two' },
      c: { requests: 500, ageSeconds: 1, instance: 'two' },
    })
    assert.deepEqual(rates, { a: 2, b: null, c: null })
  })

  test('count requests without a response as such', () => {
    const samples = new Samples()
    samples.next({ a: { requests: 0, ageSeconds: 60, reportAgeSeconds: 0 } })
    const totals = new Map([['a', totalsOf({ requests: 10, ok: 6 })]])
    const facts = new Map([
      ['a', factsOf('a', { requests: 10, ageSeconds: 62, reportAgeSeconds: 0 })],
    ])
    const known = new Map([...facts].flatMap(([key, each]) => (each ? [[key, each] as const] : [])))
    const steps = samples.tracks.advance({ totals, facts: known, now: 1_004_000 })
    assert.deepEqual(steps.get('a')?.rates, [0, 3, 0, 0, 0, 2])
  })
})
