import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stateLimits } from '../../../src/limits/state.ts'
import { type HeapOwner, HeapWatch } from '../../../src/state/ends/heap-watch.ts'
import { pageSize } from '../../../src/support/process/page-size.ts'

const page = pageSize() ?? 4_096
const MiB = 2 ** 20
const { fillableHeapBytes, lateReportMs } = stateLimits
const figures = { used: 10 * MiB, limit: 256 * MiB, residentMemory: 60 * MiB }

describe('HeapWatch', () => {
  test('has the share of the last report without growth since', () => {
    const { heaps, look } = watching()
    assert.equal(heaps.fillOf(1, { ...figures, used: 32 * MiB }), 0.5)
    look(60)
    assert.equal(heaps.fillOf(1, { ...figures, used: 32 * MiB }), 0.5)
    look(50)
    assert.equal(heaps.fillOf(1, { ...figures, used: 32 * MiB }), 0.5)
  })

  test('adds the growth of the process since the last report', () => {
    const { heaps, look } = watching()
    look(60 + 38)
    assert.equal(heaps.fillOf(1, figures), 48 / 64)
  })

  test('keeps the last look at a process that has ended, until the worker is forgotten', () => {
    const { heaps, look } = watching()
    look(60 + 38)
    look(undefined)
    look(0)
    // Between the end of the process and the end of its channel, the worker is not listed.
    heaps.look([], 0)
    assert.equal(heaps.fillOf(1, figures), 48 / 64)
    heaps.forget(1)
    assert.equal(heaps.fillOf(1, figures), 10 / 64)
  })

  test('reads only workers that can fill their heap before the next report', () => {
    const { look, reads } = watching()
    const free = { used: 10 * MiB, limit: 10 * MiB + fillableHeapBytes, reportAgeSeconds: 1 }
    look(60, free)
    look(60, { ...free, used: undefined })
    look(60, { ...free, limit: undefined })
    assert.equal(reads(), 0)
    look(60, { ...free, used: free.used + 1 })
    look(60, { ...free, reportAgeSeconds: lateReportMs / 1_000 })
    assert.equal(reads(), 2)
  })

  test('forgets a look at a worker that reports again and has most of its heap free', () => {
    const { heaps, look } = watching()
    const limit = 4_096 * MiB
    look(3_000, { used: 10 * MiB, limit, reportAgeSeconds: 3 })
    look(3_000, { used: 10 * MiB, limit, reportAgeSeconds: 0.1 })
    assert.equal(heaps.fillOf(1, { ...figures, limit }), 10 / (4_096 - 192))
  })

  test('compares with a quarter of the limit where young objects may take the most', () => {
    const { heaps } = watching()
    assert.equal(heaps.fillOf(1, { ...figures, limit: 200 * MiB }), 10 / 50)
  })

  test('is unknown without figures of the worker', () => {
    const { heaps } = watching()
    assert.equal(heaps.fillOf(1, { ...figures, used: undefined }), undefined)
    assert.equal(heaps.fillOf(1, { ...figures, limit: undefined }), undefined)
    assert.equal(heaps.fillOf(1, { ...figures, limit: 0 }), undefined)
    assert.equal(heaps.fillOf(1, { ...figures, residentMemory: undefined }), 10 / 64)
  })
})

test('The memory of a process is the last reading, unless a report is later', () => {
  const { heaps, look } = watching()
  assert.equal(heaps.memoryOf(1, 0), undefined)
  look(60)
  assert.equal(heaps.memoryOf(1, 999), 60 * MiB)
  assert.equal(heaps.memoryOf(1, 1_000), undefined)
  heaps.forget(1)
  assert.equal(heaps.memoryOf(1, 999), undefined)
})

function watching() {
  let mebibytes: number | undefined
  let reads = 0
  const heaps = new HeapWatch({
    readStat: () => {
      reads += 1
      if (mebibytes === undefined) return undefined
      const rssPages = (mebibytes * MiB) / page
      return { state: 'R', userSeconds: 1, systemSeconds: 1, startTicks: '7', rssPages }
    },
    youngBytes: 192 * MiB,
  })
  const { used, limit } = figures
  const look = (next: number | undefined, owner: Partial<HeapOwner> = {}): void => {
    mebibytes = next
    heaps.look([{ forkNumber: 1, pid: 4_001, reportAgeSeconds: 0.5, used, limit, ...owner }], 1_000)
  }
  return { heaps, look, reads: () => reads }
}
