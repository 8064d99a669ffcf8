import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { collectLimits } from '../../../src/limits/collect.ts'
import { keepFirstListener, keepListener } from '../../../src/support/listeners/kept-listener.ts'

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

  test('adds no second listener after the removal of listeners for another event', () => {
    const { emitter, calls, listener } = made()
    keepListener(emitter, 'one', listener)
    emitter.removeAllListeners('other')
    emitter.emit('one', 1)
    assert.deepEqual(calls, [1])
  })

  test('removes the listener at the stop', () => {
    const { emitter, listener } = made()
    const stop = keepListener(emitter, 'one', listener)
    stop()
    assert.equal(emitter.listenerCount('one'), 0)
  })

  test('adds listeners to a frozen object as Node does', () => {
    const emitter = new EventEmitter()
    emitter.on('one', () => {})
    Object.freeze(emitter)
    assert.doesNotThrow(() => keepListener(emitter, 'one', () => {}))
  })
})

function made() {
  const calls: unknown[] = []
  return { emitter: new EventEmitter(), calls, listener: (value: unknown) => calls.push(value) }
}
