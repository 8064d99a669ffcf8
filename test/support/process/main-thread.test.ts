import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { isMainThread } from '../../../src/support/process/main-thread.ts'

const source = join(import.meta.dirname, '../../../src/support/process/main-thread.ts')

test('The main thread knows itself', () => {
  assert.equal(isMainThread(), true)
})

test('A thread knows that it is not the main thread', async () => {
  const text = `
    const { parentPort } = process.getBuiltinModule('node:worker_threads')
    import(${JSON.stringify(source)}).then((it) => parentPort.postMessage(it.isMainThread()))
  `
  const [answer] = await once(new Worker(text, { eval: true }), 'message')
  assert.equal(answer, false)
})
