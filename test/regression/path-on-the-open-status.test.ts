// Bug: an endpoint without credentials told every client the path of the shared directory, in the
// error of the last reading.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Details, textFor } from '../../src/endpoint/details.ts'
import { withShownError } from '../../src/exporter/shown/shown-error.ts'
import type { Origin } from '../../src/sidecar/origin.ts'
import { Sidecar } from '../../src/sidecar/sidecar.ts'

const hidden: Details = 'hidden: for a test'
const error = "ENOENT: no such file or directory, opendir '/srv/the shop/metrics'"
const withoutPath = 'ENOENT: no such file or directory, opendir (path hidden)'

test('The status of a sidecar shows a path to clients with access to details only', () => {
  const sidecar = sidecarWith(error)
  const lastError = (details: Details): unknown =>
    JSON.parse(sidecar.status(1, details)).origins[0].lastError
  assert.equal(lastError('shown'), error)
  assert.equal(lastError(hidden), withoutPath)
})

test('The readiness of a sidecar shows no path', () => {
  const { text } = sidecarWith(error).readiness()
  assert.equal(text, `No instance is live. directory cannot be read (${withoutPath}).`)
})

test('The status of an application shows a path to clients with access to details only', () => {
  assert.deepEqual(withShownError({ lastError: error }, 'shown'), { lastError: error })
  assert.deepEqual(withShownError({ lastError: error }, hidden), { lastError: withoutPath })
  assert.equal(withShownError(undefined, hidden), null)
})

for (const [text, expected] of [
  ['/run/secrets/ca.pem is not a regular file.', '(path hidden) is not a regular file.'],
  ['connect ENOENT /run/redis.sock', 'connect ENOENT (path hidden)'],
  ["open 'C:\\keys\\ca.pem'", 'open (path hidden)'],
  ['C:\\keys\\ca.pem is missing', '(path hidden) is missing'],
  ['connect ECONNREFUSED 10.0.0.3:6379', 'connect ECONNREFUSED 10.0.0.3:6379'],
  ['http://collector:4318/v1/metrics: 404', 'http://collector:4318/v1/metrics: 404'],
  ['2 writes/s', '2 writes/s'],
] as const) {
  test(`"${text}" reads "${expected}" without details`, () => {
    assert.equal(textFor(hidden, text), expected)
  })
}

function sidecarWith(lastError: string): Sidecar {
  const origin: Origin = {
    name: 'directory',
    metrics: () => [],
    status: () => ({
      isConnected: false,
      successes: 0,
      failures: 1,
      succeededAt: undefined,
      readAgeSeconds: 1,
      error: lastError,
      sources: [],
      refused: new Map(),
    }),
    stop: async () => {},
  }
  const options = { directorySize: undefined, maxSeries: 10, resource: {} }
  return new Sidecar({ ...options, origins: [origin] })
}
