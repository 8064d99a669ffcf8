import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, test } from 'node:test'
import { afterRemoval } from '../../../src/support/listeners/removed-listeners.ts'

describe('afterRemoval()', () => {
  test('calls back after each removal, until the stop', () => {
    const emitter = new EventEmitter()
    const counts: number[] = []
    emitter.on('one', () => {})
    const stop = afterRemoval(emitter, () => counts.push(emitter.listenerCount('one')))
    assert.equal(emitter.removeAllListeners('one'), emitter)
    emitter.removeAllListeners()
    assert.deepEqual(counts, [0, 0])
    stop()
    emitter.removeAllListeners()
    assert.deepEqual(counts, [0, 0])
  })

  test('calls each function, also after an error of another', () => {
    const { emitter, calls, add } = made()
    const stops = [add('first', () => assert.fail()), add('second')]
    emitter.removeAllListeners()
    assert.deepEqual(calls, ['first', 'second'])
    stops[0]?.()
    emitter.removeAllListeners()
    assert.deepEqual(calls, ['first', 'second', 'second'])
  })

  test('has one method for all functions, and removes it after the last stop', () => {
    const { emitter, add } = made()
    const first = add('first')
    const { removeAllListeners } = emitter
    const second = add('second')
    assert.equal(emitter.removeAllListeners, removeAllListeners)
    first()
    assert.equal(emitter.removeAllListeners, removeAllListeners)
    second()
    assert.equal(Object.hasOwn(emitter, 'removeAllListeners'), false)
  })

  test('starts again after the last stop', () => {
    const { emitter, calls, add } = made()
    add('first')()
    add('second')
    emitter.removeAllListeners()
    assert.deepEqual(calls, ['second'])
  })

  test('brings back the own method of an emitter at the stop', () => {
    const { emitter, calls, add } = made()
    const own = (): EventEmitter => {
      calls.push('own')
      return emitter
    }
    emitter.removeAllListeners = own
    const stop = add('first')
    emitter.removeAllListeners()
    assert.deepEqual(calls, ['own', 'first'])
    stop()
    assert.equal(emitter.removeAllListeners, own)
  })

  test('leaves a later method of the application at the stop', () => {
    const { emitter, calls, add } = made()
    const stop = add('first')
    const inner = emitter.removeAllListeners
    const outer = (name?: string | symbol): EventEmitter => inner.call(emitter, name)
    emitter.removeAllListeners = outer
    emitter.removeAllListeners()
    stop()
    assert.equal(emitter.removeAllListeners, outer)
    emitter.removeAllListeners()
    assert.deepEqual(calls, ['first'])
  })

  test('accepts at the stop that the application has removed the method', () => {
    const { emitter, add } = made()
    const stop = add('first')
    Reflect.deleteProperty(emitter, 'removeAllListeners')
    stop()
    assert.equal(emitter.removeAllListeners, EventEmitter.prototype.removeAllListeners)
  })

  test('follows a later change of the inherited method', () => {
    class Store extends EventEmitter {}
    const emitter = new Store()
    const names: unknown[] = []
    afterRemoval(emitter, () => {})
    Store.prototype.removeAllListeners = function removeAllListeners(name) {
      names.push(name)
      return this
    }
    emitter.removeAllListeners('one')
    assert.deepEqual(names, ['one'])
  })

  test('calls no function again for a removal by one of the functions', () => {
    const { emitter, calls, add } = made()
    add('first', () => emitter.removeAllListeners())
    emitter.removeAllListeners()
    emitter.removeAllListeners()
    assert.deepEqual(calls, ['first', 'first'])
  })

  test('adds a method that no enumeration of the emitter shows', () => {
    const { emitter, add } = made()
    const before = Object.keys(emitter)
    add('first')
    assert.deepEqual(Object.keys(emitter), before)
  })

  test('changes no frozen emitter', () => {
    const { emitter, add } = made()
    Object.freeze(emitter)
    const stop = add('first')
    assert.equal(Object.hasOwn(emitter, 'removeAllListeners'), false)
    stop()
  })
})

function made() {
  const emitter = new EventEmitter()
  const calls: string[] = []
  /** @param more called after the call is noted. */
  const add = (name: string, more: () => void = () => {}): (() => void) =>
    afterRemoval(emitter, () => {
      calls.push(name)
      more()
    })
  return { emitter, calls, add }
}
