import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guarded } from '../../src/support/guarded.ts'

test('guarded() passes the values on, and reports an error in place of throwing it', () => {
  const calls: unknown[] = []
  const act = guarded(
    (left: number, right: number) => {
      calls.push([left, right])
      if (right === 0) throw new RangeError('division by zero')
    },
    () => void calls.push('fault'),
  )
  act(1, 2)
  act(1, 0)
  assert.deepEqual(calls, [[1, 2], [1, 0], 'fault'])
})
