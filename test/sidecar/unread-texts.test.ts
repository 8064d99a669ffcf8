import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedStatus } from '../../src/sidecar/origin.ts'
import { unreadTexts } from '../../src/sidecar/unread-texts.ts'

const status: NamedStatus = {
  origin: 'redis',
  isConnected: false,
  successes: 0,
  failures: 1,
  succeededAt: undefined,
  readAgeSeconds: 5,
  error: undefined,
  sources: [],
  refused: new Map(),
}

test('An origin that cannot be read has a sentence, which can hide the error', () => {
  const lost = { ...status, succeededAt: 1, readAgeSeconds: 61.7, error: 'connect ECONNREFUSED' }
  assert.deepEqual(unreadTexts([status, { ...status, isConnected: true }], 'shown'), [
    'redis has not been read yet.',
  ])
  assert.deepEqual(unreadTexts([lost], 'shown'), [
    'redis cannot be read (connect ECONNREFUSED); the page shows 0 instances from 62 s ago.',
  ])
  assert.doesNotMatch(unreadTexts([{ ...lost, error: '/run/a' }], 'hidden: test').join(), /run\/a/)
})
