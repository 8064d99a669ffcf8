import assert from 'node:assert/strict'
import type { Worker } from 'node:cluster'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { HeldQueries } from '../../../src/master/sockets/held-queries.ts'
import { warmCommand, warmingCommand } from '../../../src/master/warm-up/message.ts'

const query = { cmd: 'NODE_CLUSTER', act: 'queryServer', address: '127.0.0.1', port: 8000 }
const warming = { cmd: warmingCommand }
const warm = { cmd: warmCommand }

/** Messages that `cluster` has read. */
function channel(): { child: EventEmitter; read: unknown[] } {
  const child = new EventEmitter()
  new HeldQueries(child as Worker['process'])
  const read: unknown[] = []
  child.on('internalMessage', (message) => read.push(message))
  return { child, read }
}

describe('HeldQueries', () => {
  test('passes calls of listen() where no worker warms up', () => {
    const { child, read } = channel()
    assert.equal(child.emit('internalMessage', query, 'handle'), true)
    assert.deepEqual(read, [query])
  })

  test('holds calls of listen() until the worker is warm, in their order', () => {
    const { child, read } = channel()
    const other = { ...query, port: 8001 }
    for (const message of [warming, query, other]) child.emit('internalMessage', message)
    assert.deepEqual(read, [warming])
    child.emit('internalMessage', warm)
    assert.deepEqual(read, [warming, query, other, warm])
  })

  test('passes all other messages of a worker that warms up', () => {
    const { child, read } = channel()
    const close = { cmd: 'NODE_CLUSTER', act: 'close', key: 'a:1:4:-1:0' }
    for (const message of [warming, close, null]) child.emit('internalMessage', message)
    assert.deepEqual(read, [warming, close, null])
    const texts: unknown[] = []
    child.on('message', (message) => texts.push(message))
    child.emit('message', query)
    assert.deepEqual(texts, [query])
  })

  test('holds again when the worker warms up again', () => {
    const { child, read } = channel()
    for (const message of [warming, warm, warming, query]) child.emit('internalMessage', message)
    assert.equal(read.includes(query), false)
    child.emit('internalMessage', warm)
    assert.deepEqual(read.slice(-2), [query, warm])
  })

  test('holds no more calls than masterLimits.addresses', () => {
    const { child, read } = channel()
    child.emit('internalMessage', warming)
    for (let index = 0; index <= masterLimits.addresses; index += 1) {
      child.emit('internalMessage', query)
    }
    assert.deepEqual(read, [warming, query])
  })
})
