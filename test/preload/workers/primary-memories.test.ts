import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { ToThread } from '../../../src/exporter/thread-message.ts'
import { mappedMemoryRefusal } from '../../../src/mapped-memory/addon.ts'
import { PrimaryMemories } from '../../../src/preload/workers/primary-memories.ts'
import { memoriesOf } from '../../support/crash-file/memories-of.ts'

const skip = mappedMemoryRefusal() ?? false

describe('PrimaryMemories', { skip }, () => {
  test('makes one memory for a fork, however many hooks ask', (context) => {
    const { memories } = opened(context)
    const variables = memories.create(1)
    assert.deepEqual(memories.create(1), variables)
    assert.equal(memoriesOf(process.pid), 1)
  })

  test('tells the thread of a worker that has started, and of no other worker', (context) => {
    const { memories, posted } = opened(context)
    for (const forkNumber of [1, 2]) memories.create(forkNumber)
    assert.deepEqual(posted, [])
    memories.forked(2)
    memories.forked(3)
    assert.deepEqual(posted.map(forkNumberOf), [2])
  })

  test('closes the memory of a worker that the system has not started', (context) => {
    const { memories } = opened(context)
    memories.create(1)
    memories.release(1)
    memories.release(1)
    assert.equal(memoriesOf(process.pid), 0)
  })

  test('tells a new thread of live workers, and closes memories of ended workers', (context) => {
    const { memories, posted } = opened(context)
    for (const forkNumber of [1, 2, 3]) memories.create(forkNumber)
    for (const forkNumber of [1, 2]) memories.forked(forkNumber)
    memories.ended(1, true)
    assert.equal(memoriesOf(process.pid), 3)
    posted.length = 0
    memories.replay()
    assert.deepEqual(posted.map(forkNumberOf), [2])
    assert.equal(memoriesOf(process.pid), 2)
  })

  test('closes the memory of an ended worker at once without a thread', (context) => {
    const { memories } = opened(context)
    for (const forkNumber of [1, 2]) memories.create(forkNumber)
    memories.ended(1, true)
    memories.releaseEnded()
    memories.ended(2, false)
    assert.equal(memoriesOf(process.pid), 0)
  })
})

function opened(context: TestContext) {
  const posted: ToThread[] = []
  const memories = new PrimaryMemories(
    (message) => posted.push(message),
    (component) => assert.fail(component),
  )
  context.after(() => {
    for (const forkNumber of [1, 2, 3]) memories.release(forkNumber)
  })
  return { memories, posted }
}

function forkNumberOf(message: ToThread): number {
  assert.ok(message.kind === 'memory' && 'memory' in message.news)
  return message.news.forkNumber
}
