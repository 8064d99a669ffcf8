import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { guardedListener } from '../../../src/support/listeners/guarded-listener.ts'

test('An error of a guarded listener is a fault, and never reaches the emitter', () => {
  const faults: string[] = []
  const emitter = new EventEmitter()
  guardedListener((component) => faults.push(component))(emitter, 'one', () => assert.fail())
  emitter.emit('one')
  assert.deepEqual(faults, ['one'])
})
