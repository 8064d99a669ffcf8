import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { HeapWatch } from '../../../src/state/end-causes/heap-watch.ts'
import { pageSize } from '../../../src/support/process/page-size.ts'

const page = pageSize() ?? 4_096
const MiB = 2 ** 20
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

  test('keeps the last look at a process that has ended, and forgets other workers', () => {
    const { heaps, look } = watching()
    look(60 + 38)
    look(undefined)
    look(0)
    assert.equal(heaps.fillOf(1, figures), 48 / 64)
    heaps.look([])
    assert.equal(heaps.fillOf(1, figures), 10 / 64)
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

function watching() {
  let mebibytes: number | undefined
  const heaps = new HeapWatch({
    readStat: () =>
      mebibytes === undefined
        ? undefined
        : {
            state: 'R',
            userSeconds: 1,
            systemSeconds: 1,
            startTicks: '7',
            rssPages: (mebibytes * MiB) / page,
          },
    youngBytes: 192 * MiB,
  })
  const look = (next: number | undefined): void => {
    mebibytes = next
    heaps.look([{ forkNumber: 1, pid: 4_001 }])
  }
  return { heaps, look }
}
