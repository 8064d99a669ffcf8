import assert from 'node:assert/strict'
import { test } from 'node:test'
import { masterLimits } from '../../src/limits/master.ts'
import { bootPauseMs } from '../../src/master/backoff.ts'

test('bootPauseMs is 0 without a failure, and doubles with each failure up to its limit', () => {
  const pauses = Array.from({ length: 10 }, (_, failures) => bootPauseMs(failures))
  assert.deepEqual(pauses, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
  assert.equal(bootPauseMs(1), masterLimits.firstForkPauseMs)
  // More failures than the exponent of a number can hold.
  assert.equal(bootPauseMs(5_000), masterLimits.longestForkPauseMs)
})
