import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { liveDeath, liveHang } from '../../src/live/shown-facts.ts'
import type { Death } from '../../src/model/death.ts'

const hang = {
  state: 'hanging',
  seconds: 3,
  heldBy: 'spin (/srv/app.js:1:1)',
  stack: 'at spin',
} as const
const death: Death = {
  ...{ workerId: 'worker_1_1700000000', pid: 12, reason: 'error', certainty: 'certain' },
  ...{ restartType: 'crash', exitCode: 1, signal: null, ageSeconds: 9, requests: 4 },
  ...{ memoryBytes: 1e8, cpuPercent: 1, eventLoopDelayMaxSeconds: 0.1, reportAgeSeconds: 0.5 },
  error: { name: 'TypeError', message: 'a secret', stack: 'at /srv/app.js:1:1' },
  hang,
  endedAt: '2026-11-29T09:00:00.000Z',
}

describe('A death on the live page', () => {
  test('has the error and the stack for a client that may see details', () => {
    const shown = liveDeath(death, 'shown')
    assert.deepEqual(shown.error, death.error)
    assert.deepEqual(shown.hang, { seconds: 3, heldBy: hang.heldBy, stack: hang.stack })
    assert.deepEqual([shown.end, shown.endedAt], ['code 1', Date.parse(death.endedAt)])
  })

  test('has the class of the error alone for another client', () => {
    const shown = liveDeath(death, 'hidden: a test')
    assert.deepEqual(shown.error, { name: 'TypeError', message: null, stack: null })
    assert.deepEqual(shown.hang, { seconds: 3, heldBy: null, stack: null })
    assert.doesNotMatch(JSON.stringify(shown), /secret|srv/)
  })

  test('names the signal, or says that the code is unknown', () => {
    assert.equal(liveDeath({ ...death, signal: 'SIGKILL' }, 'shown').end, 'SIGKILL')
    assert.equal(liveDeath({ ...death, exitCode: null }, 'shown').end, 'code unknown')
    assert.deepEqual(liveDeath({ ...death, error: null, hang: null }, 'shown').hang, null)
  })

  test('shows the stack of a hang to the same clients', () => {
    assert.equal(liveHang(hang, 'shown').stack, 'at spin')
    assert.equal(liveHang(hang, 'hidden: a test').heldBy, null)
  })
})
