import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { livePageLimits } from '../../../src/limits/tools/live-page.ts'
import type { Samples } from '../../../src/live-page/data/history.ts'
import { workerLines } from '../../../src/live-page/data/worker-lines.ts'

function samplesOf(memory: Readonly<Record<string, readonly (number | null)[]>>): Samples {
  const none: number[] = []
  const entries = Object.entries(memory).map(([key, values]) => {
    const others = { requestsPerSecond: none, loopDelay: none, cpuPercent: none, heap: none }
    return [key, { ...others, memory: values }]
  })
  return {
    ...{ stepSeconds: 2, capacity: 450, last: 2, epoch: 'a', times: [1, 2] },
    rates: { '1xx': none, '2xx': none, '3xx': none, '4xx': none, '5xx': none, none },
    ...{ p50: none, p95: none, p99: none },
    workers: Object.fromEntries(entries),
  }
}

function worker(workerId: string, instance: string | null = null) {
  return { key: workerId, workerId, instance }
}

describe('The lines of a plot', () => {
  test('are one per worker, with a color that the fork number decides', () => {
    const samples = samplesOf({ worker_1_9: [1, 2], worker_10_9: [3, 4] })
    const lines = workerLines(
      { samples, workers: [worker('worker_1_9'), worker('worker_10_9', 'shop')] },
      'memory',
    )
    assert.deepEqual(lines, [
      { key: 'worker_1_9', name: 'worker_1', values: [1, 2], color: 0 },
      { key: 'worker_10_9', name: 'shop worker_10', values: [3, 4], color: 1 },
    ])
  })

  test('name workers that have ended, as long as the plot has room', () => {
    const { lines } = livePageLimits
    const ids = Array.from({ length: lines + 1 }, (_, index) => `worker_${index + 1}_9`)
    const samples = samplesOf(Object.fromEntries(ids.map((id) => [id, [1, 2]])))
    const names = (from: number): string[] => {
      const workers = ids.slice(from).map((id) => worker(id))
      return workerLines({ samples, workers }, 'memory').map(({ name }) => name)
    }
    assert.deepEqual(names(2).slice(-2), ['worker_9', 'worker_2, ended'])
    assert.equal(names(1).at(-1), 'worker_9')
  })

  test('of many workers are the highest, the median and the lowest value', () => {
    const ids = Array.from({ length: 9 }, (_, index) => `worker_${index + 1}_9`)
    const columns = ids.map((id, index) => [id, [index, index === 8 ? null : 10 * index]] as const)
    const samples = samplesOf(Object.fromEntries(columns))
    const lines = workerLines({ samples, workers: ids.map((id) => worker(id)) }, 'memory')
    assert.deepEqual(
      lines.map(({ key, values }) => [key, values]),
      [
        ['highest', [8, 70]],
        ['median', [4, 40]],
        ['lowest', [0, 0]],
      ],
    )
  })
})
