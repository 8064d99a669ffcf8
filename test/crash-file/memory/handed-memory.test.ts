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
import { CrashFiles } from '../../../src/crash-file/store.ts'
import { PrivateDirectory } from '../../../src/files/private-directory.ts'
import { mappedMemoryRefusal } from '../../../src/mapped-memory/addon.ts'
import { source, valuesOf } from '../../support/crash-file/worker-file.ts'
import { workersDirectoryIn } from '../../support/crash-file/workers-directory.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'

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

  test('is the place of the counts as long as the worker uses the memory', (context) => {
    const handed = created(context)
    const { memories } = primary(handed)
    const notInMemory = 'the worker does not use the memory that its primary has made'
    assert.deepEqual(memories.placeOf(1), { place: 'nowhere', notInMemory })
    new CountMemory(openMemory(handed, process.pid), source)
    assert.deepEqual(memories.placeOf(1), { place: 'memory', notInMemory: null })
    closeMemory(handed)
    assert.deepEqual(memories.placeOf(1), { place: 'nowhere', notInMemory })
  })

  test('is released once', (context) => {
    const released: number[] = []
    const onRelease = (forkNumber: number): unknown => released.push(forkNumber)
    const memories = new WorkerMemories({ files: undefined, onRelease })
    memories.note({ forkNumber: 1, memory: created(context) })
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

test('A worker without memory has a file or nothing, and a reason', async (context) => {
  const directory = workersDirectoryIn(await temporaryDirectory(context))
  const files = new CrashFiles({ directory, keepsFiles: false })
  const memories = new WorkerMemories({ files, onRelease: () => {} })
  const missing = 'the primary has made no memory for this worker'
  assert.deepEqual(memories.placeOf(7), { place: 'nowhere', notInMemory: missing })
  new PrivateDirectory(directory).make()
  files.create({ ...source, forkNumber: 7 })?.close()
  assert.deepEqual(memories.placeOf(7), { place: 'file', notInMemory: missing })
  memories.note({ refusal: 'no descriptor is free' })
  assert.deepEqual(memories.placeOf(7), { place: 'file', notInMemory: 'no descriptor is free' })
  assert.deepEqual(
    new WorkerMemories({ files: undefined, refusal: 'X is off', onRelease: () => {} }).placeOf(1),
    { place: 'nowhere', notInMemory: 'X is off' },
  )
})

function created(context: TestContext): HandedMemory {
  const handed = createMemory() ?? assert.fail('no addon')
  context.after(() => closeMemory(handed))
  return handed
}

function primary(handed: HandedMemory) {
  const memories = new WorkerMemories({ files: undefined, onRelease: () => {} })
  memories.note({ forkNumber: 1, memory: handed })
  return { memories, take: () => memories.take(1) }
}
