import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import type { Handle } from '../../../src/master/sockets/handle.ts'
import { SharedSockets } from '../../../src/master/upgrade/shared-sockets.ts'

/** One end of a channel of `child_process`, as far as the class uses the channel. */
class Channel extends EventEmitter {
  connected = true
  other: Channel | undefined
  /** Whether messages arrive. */
  isBroken = false
  readonly channel = null

  send(...[message, handle, , done]: [object, unknown, object, () => void]): boolean {
    process.nextTick(() => {
      if (!this.isBroken) this.other?.emit('message', message, handle)
      done()
    })
    return true
  }
}

const handle: Handle = { fd: 9, close() {}, listen: () => 0 }

function pair() {
  const [one, other] = [new Channel(), new Channel()]
  one.other = other
  other.other = one
  const adopted: unknown[] = []
  const old = new SharedSockets(one, { shared: () => [], adopt: (each) => void adopted.push(each) })
  const next = new SharedSockets(other, {
    shared: () => [{ key: '*:80', handle }],
    adopt: () => assert.fail('the new master keeps its sockets'),
  })
  return { old, next, one, other, adopted }
}

function withTimers(context: TestContext): void {
  context.mock.timers.enable({ apis: ['setTimeout'] })
}

describe('SharedSockets', () => {
  test('brings all sockets back from the other master before the answer', async () => {
    const { old, adopted } = pair()
    await new Promise<void>((resolve) => old.askForAll(resolve))
    assert.deepEqual(adopted, [{ key: '*:80', handle }])
  })

  test('gives all sockets to the other master', async () => {
    const { next, adopted } = pair()
    await new Promise<void>((resolve) => next.give(resolve))
    assert.deepEqual(adopted, [{ key: '*:80', handle }])
  })

  test('does not wait without end for a master that does not answer', (context) => {
    withTimers(context)
    const { old, one } = pair()
    one.isBroken = true
    let answers = 0
    old.askForAll(() => {
      answers += 1
    })
    context.mock.timers.tick(masterLimits.socketsBackMs - 1)
    assert.equal(answers, 0)
    context.mock.timers.tick(1)
    assert.equal(answers, 1)
  })

  test('gives nothing through a closed channel, and goes on', async () => {
    const { next, other, adopted } = pair()
    other.connected = false
    await new Promise<void>((resolve) => next.give(resolve))
    assert.deepEqual(adopted, [])
  })

  test('ignores messages of others, and a socket without a handle', () => {
    const { one, adopted } = pair()
    one.emit('message', 'ready', undefined)
    one.emit('message', { type: 'gunicorn-prometheus-exporter upgrade', version: 2 }, handle)
    const socket = { act: 'socket', key: '*:80' }
    const message = { type: 'gunicorn-prometheus-exporter upgrade', version: 1, ...socket }
    one.emit('message', message, undefined)
    one.emit('message', message, { fd: 3 })
    assert.deepEqual(adopted, [])
  })
})
