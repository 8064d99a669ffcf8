import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LiveReading, WorkerFacts } from '../../src/live/counts/reading.ts'
import { Sampler } from '../../src/live/sampler.ts'
import { catalog } from '../../src/model/catalog/catalog.ts'
import { declared, point } from '../../src/model/catalog/declared.ts'

interface Worker extends Partial<WorkerFacts> {
  readonly workerId: string
  readonly requests: number
  readonly memory: number
}

function factsOf({ requests: _, memory: __, ...given }: Worker): WorkerFacts {
  return {
    ...{ key: given.workerId, instance: null, pid: 1, state: 'running', listening: true },
    ...{ ageSeconds: 60, reportAgeSeconds: 0.5, valuesAgeSeconds: 0.5, hang: null },
    kernel: { memoryBytes: 7, cpuPercent: 99 },
    ...given,
  }
}

function readingOf(workers: readonly Worker[]): LiveReading {
  const points = (read: (worker: Worker) => number) =>
    workers.map((worker) => point({ worker_id: worker.workerId }, read(worker)))
  const metrics = [
    declared(
      catalog.requests,
      points(({ requests }) => requests),
    ),
    declared(
      catalog.memory,
      points(({ memory }) => memory),
    ),
  ]
  return {
    workers: workers.map(factsOf),
    metricsOf: (name) => metrics.filter(({ descriptor }) => descriptor.name === name),
  }
}

function sampled(steps: readonly (readonly Worker[])[]): Sampler {
  const sampler = new Sampler({ capacity: 10, workers: 5 })
  for (const [index, workers] of steps.entries()) {
    sampler.sample(readingOf(workers), 2_000 * index, 1_700_000_000_000 + 2_000 * index)
  }
  return sampler
}

function memoryOf(sampler: Sampler): Record<string, readonly unknown[]> {
  const { workers } = sampler.history.after(0)
  return Object.fromEntries(Object.entries(workers).map(([key, { memory }]) => [key, memory]))
}

describe('A sampler', () => {
  test('starts new columns for the next worker of a slot, whose counts go on', () => {
    const old = { workerId: 'worker_1', pid: 10, requests: 100, memory: 900 }
    const next = { ...old, pid: 11, ageSeconds: 1, requests: 110, memory: 50 }
    const sampler = sampled([[old], [old], [next]])
    assert.deepEqual(memoryOf(sampler), {
      'worker_1 10': [900, 900, null],
      'worker_1 11': [null, null, 50],
    })
    assert.deepEqual(sampler.history.after(0).rates.none, [null, 0, 5])
    assert.equal(sampler.figuresOf(factsOf(next))?.requestsPerSecond, 5)
  })

  test('has no columns for a worker that has not reported yet', () => {
    const workerId = 'worker_1_1700000000'
    const silent = { workerId, reportAgeSeconds: null, valuesAgeSeconds: null }
    const sampler = sampled([[{ ...silent, requests: 0, memory: 0 }]])
    assert.deepEqual(memoryOf(sampler), {})
  })

  test("has the kernel's figures of a worker that hangs", () => {
    const hang = { state: 'hanging', seconds: 4, heldBy: null, stack: null } as const
    const workerId = 'worker_1_1700000000'
    const sampler = sampled([[{ workerId, hang, requests: 5, memory: 900 }]])
    const { memory, cpuPercent, loopDelay, heap } = sampler.history.after(0).workers[workerId] ?? {}
    assert.deepEqual([memory, cpuPercent, loopDelay, heap], [[7], [99], [4], [null]])
  })
})
