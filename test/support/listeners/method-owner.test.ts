import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { keepListener } from '../../../src/support/listeners/kept-listener.ts'
import { methodOwner } from '../../../src/support/listeners/method-owner.ts'

test('The methods of an emitter are replaced on the emitter itself', () => {
  const emitter = new EventEmitter()
  assert.equal(methodOwner(emitter), emitter)
})

test('The methods of process are replaced on the prototype that process has alone', () => {
  const before = Object.getOwnPropertyNames(process)
  const stop = keepListener(process, 'SIGURG', () => {})
  assert.deepEqual(Object.getOwnPropertyNames(process), before)
  process.removeAllListeners('SIGURG')
  assert.equal(process.listenerCount('SIGURG'), 1)
  stop()
  assert.equal(Object.getPrototypeOf(methodOwner(process)), EventEmitter.prototype)
})
