import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { collectLimits } from '../../src/limits/collect.ts'
import { guardedListener } from '../../src/support/listeners/guarded-listener.ts'
import { keepFirstListener, keepListener } from '../../src/support/listeners/kept-listener.ts'

describe('keepListener()', () => {
  test('adds a listener that comes back after removeAllListeners()', () => {
    const { emitter, calls, listener } = made()
    const stop = keepListener(emitter, 'one', listener)
    emitter.removeAllListeners('one')
    emitter.removeAllListeners('other')
    emitter.removeAllListeners()
    emitter.emit('one', 1)
    assert.deepEqual(calls, [1])
    stop()
    emitter.removeAllListeners()
    emitter.emit('one', 2)
    assert.deepEqual(calls, [1])
    assert.equal(Object.hasOwn(emitter, 'removeAllListeners'), false)
  })

  test('calls the listener of keepFirstListener() first, also after a removal', () => {
    const { emitter, calls, listener } = made()
    emitter.on('one', () => calls.push('other'))
    keepFirstListener(emitter, 'one', listener)
    emitter.emit('one', 1)
    emitter.removeAllListeners('one')
    emitter.emit('one', 2)
    assert.deepEqual(calls, [1, 'other', 2])
  })

  test('lets a program end that removes until no listener is left', () => {
    const { emitter, listener } = made()
    keepListener(emitter, 'one', listener)
    let removals = 0
    while (emitter.listenerCount('one') > 0) {
      emitter.removeAllListeners('one')
      removals += 1
    }
    assert.equal(removals, collectLimits.listenerReturns + 1)
  })

  test('lets a listener for newListener remove all listeners', () => {
    const { emitter, listener } = made()
    keepListener(emitter, 'one', listener)
    emitter.on('newListener', () => emitter.removeAllListeners('one'))
    emitter.removeAllListeners('one')
    assert.ok(emitter.listenerCount('one') <= 1)
  })

  test('keeps the result and the wrappers of the application', () => {
    const { emitter, listener } = made()
    const names: unknown[] = []
    const { removeAllListeners } = emitter
    emitter.removeAllListeners = function wrapped(name) {
      names.push(name)
      return removeAllListeners.call(this, name)
    }
    keepListener(emitter, 'one', listener)
    assert.equal(emitter.removeAllListeners('one'), emitter)
    assert.deepEqual(names, ['one'])
  })

  test('adds listeners to a frozen object as Node does', () => {
    const emitter = new EventEmitter()
    emitter.on('one', () => {})
    Object.freeze(emitter)
    assert.doesNotThrow(() => keepListener(emitter, 'one', () => {}))
  })
})

describe('The limit of listeners', () => {
  for (const limit of [undefined, 1, 3]) {
    test(`is the same with a kept listener (${limit ?? 'default'})`, async () => {
      const plain = await warnings((emitter) => fill(emitter, limit))
      assert.ok(plain.length > 0)
      const before = await warnings((emitter) => {
        keepListener(emitter, 'one', () => {})
        keepListener(emitter, 'one', () => {})
        fill(emitter, limit)
      })
      assert.deepEqual(before, plain)
      const after = await warnings((emitter) => {
        fill(emitter, limit, 0)
        keepListener(emitter, 'one', () => {})
        fill(emitter, limit)
      })
      assert.deepEqual(after, plain)
    })
  }

  test('follows setMaxListeners() and EventEmitter.defaultMaxListeners', () => {
    const emitter = new EventEmitter()
    keepListener(emitter, 'one', () => {})
    assert.equal(emitter.getMaxListeners(), EventEmitter.defaultMaxListeners)
    assert.equal(emitter.setMaxListeners(3).getMaxListeners(), 3)
    assert.equal(emitter.setMaxListeners(0).getMaxListeners(), 0)
    assert.deepEqual(Object.keys(emitter), Object.keys(new EventEmitter()))
  })
})

test('An error of a guarded listener is a fault, and never reaches the emitter', () => {
  const faults: string[] = []
  const emitter = new EventEmitter()
  guardedListener((component) => faults.push(component))(emitter, 'one', () => assert.fail())
  emitter.emit('one')
  assert.deepEqual(faults, ['one'])
})

function made() {
  const calls: unknown[] = []
  return { emitter: new EventEmitter(), calls, listener: (value: unknown) => calls.push(value) }
}

/** Adds one listener more than the limit to two events. */
function fill(emitter: EventEmitter, limit: number | undefined, more = 1): void {
  if (limit !== undefined) emitter.setMaxListeners(limit)
  for (const event of ['one', 'two']) {
    const wanted = (limit ?? EventEmitter.defaultMaxListeners) + more
    const present = emitter.listeners(event).filter((listener) => listener === filler).length
    for (let count = present; count < wanted; count += 1) emitter.on(event, filler)
  }
}

function filler(): void {}

/** The events of the warnings that Node prints while the act runs. */
async function warnings(act: (emitter: EventEmitter) => void): Promise<string[]> {
  const events: string[] = []
  const onWarning = (warning: Error & { readonly type?: string }): void => {
    if (warning.name === 'MaxListenersExceededWarning') events.push(String(warning.type))
  }
  process.on('warning', onWarning)
  act(new EventEmitter())
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  return events
}
