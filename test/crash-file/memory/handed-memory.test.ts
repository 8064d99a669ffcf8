import assert from 'node:assert/strict'
import { closeSync, fstatSync, openSync, readdirSync } from 'node:fs'
import { describe, type TestContext, test } from 'node:test'
import { CountMemory } from '../../../src/crash-file/memory/count-memory.ts'
import {
  closeMemory,
  createMemory,
  encodeMemory,
  type HandedMemory,
  openMemory,
  parseHandedMemory,
} from '../../../src/crash-file/memory/handed-memory.ts'
import { memoryBytes } from '../../../src/crash-file/memory/memory-layout.ts'
import { WorkerMemories } from '../../../src/crash-file/memory/worker-memories.ts'
import { mappedMemoryRefusal } from '../../../src/mapped-memory/addon.ts'
import { source, valuesOf } from '../../support/crash-file/worker-file.ts'

const skip = mappedMemoryRefusal() ?? false

describe('The memory of a worker', { skip }, () => {
  test('shows each count to the primary at once', (context) => {
    const handed = created(context)
    const { memories, take } = primary(handed)
    assert.equal(take(), 'missing')
    const memory = new CountMemory(openMemory(handed, process.pid), source)
    const requests = memory.take({ key: 'requests', attributes: {} }) ?? assert.fail('no room')
    for (const count of [1, 2, 3]) {
      requests[0] = count
      const counts = take()
      assert.ok(typeof counts === 'object')
      assert.deepEqual(valuesOf(counts.metrics), [['gunicorn_worker_requests_total', {}, count]])
    }
    memories.release(1)
    assert.equal(take(), 'missing')
  })

  test('is released once', (context) => {
    const released: number[] = []
    const onRelease = (forkNumber: number): unknown => released.push(forkNumber)
    const memories = new WorkerMemories({ files: undefined, onRelease })
    memories.add(1, created(context))
    for (const forkNumber of [1, 1, 2]) memories.release(forkNumber)
    assert.deepEqual(released, [1])
  })

  test('keeps its size', (context) => {
    const { descriptor } = created(context)
    assert.equal(fstatSync(descriptor).size, memoryBytes)
  })

  test('leaves no descriptor behind, 1,000 times', () => {
    const count = (): number => readdirSync('/proc/self/fd').length
    const before = count()
    for (let fork = 0; fork < 1_000; fork += 1) closeMemory(createMemory() ?? assert.fail())
    assert.equal(count(), before)
  })

  test('is refused where the application has closed or reused the descriptor', (context) => {
    const handed = created(context)
    new CountMemory(openMemory(handed, process.pid), source)
    closeSync(handed.descriptor)
    assert.throws(() => openMemory(handed, process.pid), { code: 'ENOENT' })
    assert.equal(primary(handed).take(), 'missing')
    const reused = openSync('/dev/null', 'r+')
    context.after(() => closeSync(reused))
    assert.equal(reused, handed.descriptor)
    assert.throws(() => openMemory(handed, process.pid), /has closed the memory/)
    assert.equal(primary(handed).take(), 'missing')
    closeMemory(handed)
    assert.ok(fstatSync(reused), 'the descriptor of the application is open')
  })

  test('is found by the text for the worker, and by no text for another process', (context) => {
    const handed = created(context)
    const text = encodeMemory(handed, 4_711)
    assert.deepEqual(parseHandedMemory(text, 4_711), handed)
    assert.equal(parseHandedMemory(text, 4_712), undefined)
    assert.equal(parseHandedMemory(text.replace('"version":1', '"version":2'), 4_711), undefined)
    for (const odd of [undefined, '', '{', '[]', '{"primaryPid":4711,"version":1}']) {
      assert.equal(parseHandedMemory(odd, 4_711), undefined)
    }
  })
})

function created(context: TestContext): HandedMemory {
  const handed = createMemory() ?? assert.fail('no addon')
  context.after(() => closeMemory(handed))
  return handed
}

function primary(handed: HandedMemory) {
  const memories = new WorkerMemories({ files: undefined, onRelease: () => {} })
  memories.add(1, handed)
  return { memories, take: () => memories.take(1) }
}
