import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { pauseAfterFailure, pauseAfterSuccess } from '../../../src/share/redis/round-trip-pause.ts'

describe('The pause after a round trip', () => {
  const base = { intervalMs: 1_000, elapsedMs: 300, workMs: 100, hurriesMs: [] }
  test('is the rest of the interval, but at least the time of the own work', () => {
    assert.equal(pauseAfterSuccess(base), 700)
    assert.equal(pauseAfterSuccess({ ...base, elapsedMs: 950 }), 100)
    assert.equal(pauseAfterSuccess({ ...base, hurriesMs: [250, 50] }), 50)
    assert.equal(pauseAfterSuccess({ ...base, hurriesMs: [900] }), 700)
  })

  test('doubles after failures from shareLimits.redisRetryFirstMs to redisRetryLastMs', () => {
    const longest = (failures: number, intervalMs = 3_600_000) =>
      pauseAfterFailure(failures, intervalMs, () => 1)
    assert.equal(longest(1), shareLimits.redisRetryFirstMs)
    assert.equal(longest(2), 2 * shareLimits.redisRetryFirstMs)
    assert.equal(longest(30), shareLimits.redisRetryLastMs)
    assert.equal(longest(30, 1_000), 1_000)
    assert.equal(
      pauseAfterFailure(1, 3_600_000, () => 0),
      shareLimits.redisRetryFirstMs / 2,
    )
  })
})
