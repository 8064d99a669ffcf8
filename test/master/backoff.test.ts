import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bootPauseMs } from '../../src/master/backoff.ts'

test('no pause without a failure, then a growing one, with an end', () => {
  const pauses = Array.from({ length: 10 }, (_, failures) => bootPauseMs(failures))
  assert.deepEqual(pauses, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
  // More failures than a number's exponent has room for.
  assert.equal(bootPauseMs(5_000), 10_000)
})
