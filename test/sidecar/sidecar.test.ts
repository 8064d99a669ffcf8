import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Origin, OriginStatus } from '../../src/sidecar/origin.ts'
import { Sidecar } from '../../src/sidecar/sidecar.ts'

const live = { instance: 'a', state: 'live', ageSeconds: 1 } as const
const stale = { instance: 'b', state: 'stale', ageSeconds: 20 } as const

describe('The readiness of a sidecar', () => {
  const cases: Record<
    string,
    { readonly origins: readonly Origin[]; readonly isReady: boolean; readonly text: RegExp }
  > = {
    'is good with a live instance': {
      origins: [origin({ sources: [live, stale] })],
      isReady: true,
      text: /^Live instances: 1\.$/,
    },
    'is bad with stale instances alone': {
      origins: [origin({ sources: [stale] })],
      isReady: false,
      text: /^No instance is live\.$/,
    },
    'is bad while the origin of live instances cannot be read': {
      origins: [
        origin({
          isConnected: false,
          error: 'connect ECONNREFUSED',
          readAgeSeconds: 4.2,
          sources: [live, { ...live, instance: 'c' }],
        }),
      ],
      isReady: false,
      text: new RegExp(
        '^No instance is live\\. redis cannot be read \\(connect ECONNREFUSED\\); ' +
          'the page shows 2 instances from 4 s ago\\.$',
      ),
    },
    'is good with another origin, and names the unread origin': {
      origins: [
        origin({ sources: [live] }, 'directory'),
        origin({ isConnected: false, error: 'down', sources: [live] }),
      ],
      isReady: true,
      text: /^Live instances: 1\. redis cannot be read \(down\)/,
    },
    'is good on a node without applications': {
      origins: [origin({ node: 'node-1', sources: [] })],
      isReady: true,
      text: /^No instance is live\.$/,
    },
    'is bad on a node while Redis cannot be read': {
      origins: [origin({ node: 'node-1', isConnected: false, error: 'down', sources: [live] })],
      isReady: false,
      text: /^No instance is live\. redis cannot be read \(down\)/,
    },
    'is bad before the first reading': {
      origins: [origin({ isConnected: false, succeededAt: undefined })],
      isReady: false,
      text: /^No instance is live\. redis has not been read yet\.$/,
    },
  }
  for (const [title, { origins, isReady, text }] of Object.entries(cases)) {
    test(title, () => {
      const sidecar = new Sidecar({
        origins,
        directorySize: undefined,
        maxSeries: 10,
        resource: {},
      })
      const readiness = sidecar.readiness()
      assert.equal(readiness.isReady, isReady)
      assert.match(readiness.text, text)
    })
  }
})

function origin(status: Partial<OriginStatus>, name: Origin['name'] = 'redis'): Origin {
  const all: OriginStatus = {
    isConnected: true,
    successes: 1,
    failures: 0,
    succeededAt: Date.now(),
    readAgeSeconds: 0,
    error: undefined,
    sources: [],
    refused: new Map(),
    ...status,
  }
  return { name, metrics: () => [], status: () => all, stop: async () => {} }
}

describe('Before a page, a sidecar', () => {
  const sidecarOf = (...origins: readonly Origin[]): Sidecar =>
    new Sidecar({ origins, directorySize: undefined, maxSeries: 10, resource: {} })

  test('waits for nothing where all readings are recent', () => {
    const recent: Origin = { ...origin({}), freshen: () => undefined }
    assert.equal(sidecarOf(origin({}, 'directory'), recent).freshen(), undefined)
  })

  test('waits until the readings of all origins are recent', async () => {
    const read: string[] = []
    const reading = (name: string): Origin => ({
      ...origin({}),
      freshen: async () => void read.push(name),
    })
    const recent = sidecarOf(reading('one'), origin({}, 'directory'), reading('two')).freshen()
    assert.ok(recent !== undefined)
    await recent
    assert.deepEqual(read, ['one', 'two'])
  })
})
