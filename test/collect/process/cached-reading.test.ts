import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cachedReading } from '../../../src/collect/process/cached-reading.ts'
import { ManualClock } from '../../support/manual-clock.ts'

test('cachedReading reads again after its age, and after an error', () => {
  const clock = new ManualClock()
  let reads = 0
  const read = cachedReading(
    () => {
      reads += 1
      if (reads === 2) throw new Error('not now')
      return reads
    },
    100,
    clock,
  )
  assert.deepEqual([read(), read()], [1, 1])
  clock.spend(99)
  assert.equal(read(), 1)
  clock.spend(1)
  assert.throws(read, /not now/)
  assert.deepEqual([read(), read()], [3, 3])
})
