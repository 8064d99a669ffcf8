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
  assert.deepEqual(unreadTexts([lost, { ...status, isConnected: true }], 'shown'), {
    unread: [
      'redis cannot be read (connect ECONNREFUSED); the page shows 0 instances from 62 s ago.',
    ],
    awaited: [],
  })
  const { unread } = unreadTexts([{ ...lost, error: '/run/a' }], 'hidden: test')
  assert.match(unread.join(), /^redis cannot be read/)
  assert.doesNotMatch(unread.join(), /run\/a/)
})

test('An origin whose first reading is to come has no fault, and its error is not shown', () => {
  const missing = { ...status, origin: 'directory', isAwaited: true, error: 'ENOENT' } as const
  assert.deepEqual(unreadTexts([status, missing], 'shown'), {
    unread: [],
    awaited: [
      'redis has not been read yet.',
      'directory is not there yet; the first application makes it.',
    ],
  })
})
