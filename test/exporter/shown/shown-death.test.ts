import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shownDeath } from '../../../src/exporter/shown/shown-death.ts'
import type { Death } from '../../../src/model/death.ts'

const error = { name: 'TypeError', message: 'user 7', stack: 'TypeError: user 7\n    at app.js:1' }
const death: Death = {
  workerId: 'worker_3_1700000000',
  pid: 4_711,
  reason: 'error',
  certainty: 'certain',
  restartType: 'crash',
  exitCode: 1,
  signal: null,
  ageSeconds: 93,
  requests: 1,
  memoryBytes: 1,
  cpuPercent: 1,
  eventLoopDelayMaxSeconds: 1,
  reportAgeSeconds: 0.4,
  error,
  hang: null,
  endedAt: '2023-11-14T22:14:53.000Z',
}

describe('A death on /status', () => {
  test('has message and stack where details are shown', () => {
    assert.deepEqual(shownDeath(death, 'shown'), death)
  })

  test('has the class and the reason where details are hidden', () => {
    const { error: shown, ...others } = shownDeath(death, 'hidden: test')
    assert.deepEqual(shown, { name: 'TypeError', details: 'hidden: test' })
    assert.deepEqual({ ...others, error }, death)
  })

  test('without an error has none in both cases', () => {
    for (const details of ['shown', 'hidden: test'] as const) {
      assert.equal(shownDeath({ ...death, error: null }, details).error, null)
    }
  })
})
