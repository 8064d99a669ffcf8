import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../../src/config/resolve/resolve.ts'
import type { Settings } from '../../../src/config/settings.ts'
import { stateLimits } from '../../../src/limits/state.ts'
import { serviceSlotOf } from '../../../src/share/peers/service-slot.ts'
import {
  type ConnectionSettings,
  type RedisSettings,
  redisSettings,
} from '../../../src/share/redis/redis-settings.ts'

function resolved(environment: Record<string, string>): Settings {
  const resolution = resolveSettings({ environment, checksFiles: false })
  if (resolution.kind !== 'settings') throw new Error(JSON.stringify(resolution.faults))
  return resolution.settings
}

function settingsOf(environment: Record<string, string> = {}): RedisSettings {
  const settings = redisSettings(resolved({ REDIS_ENABLED: 'true', ...environment }))
  return settings ?? assert.fail('Redis is not enabled')
}

function standalone(host: string, port: number) {
  return { kind: 'standalone', node: { host, port } } as const
}

const local: ConnectionSettings = {
  topology: standalone('127.0.0.1', 6_379),
  db: 0,
  username: undefined,
  password: undefined,
  hasTls: false,
  cafile: undefined,
  certfile: undefined,
  keyfile: undefined,
}

type Case = readonly [environment: Record<string, string>, expected: Partial<ConnectionSettings>]

describe('Redis settings lead to a Redis', () => {
  const cases: Record<string, Case> = {
    'on this host by default': [{}, {}],
    'by host, port, database, user and password': [
      {
        REDIS_HOST: 'r',
        REDIS_PORT: '1',
        REDIS_DB: '2',
        REDIS_USERNAME: 'u',
        REDIS_PASSWORD: 'p%41',
      },
      { topology: standalone('r', 1), db: 2, username: 'u', password: { text: 'p%41' } },
    ],
    'by a host in brackets': [{ REDIS_HOST: '::1' }, { topology: standalone('::1', 6_379) }],
    'by a URL with all parts': [
      { REDIS_URL: 'rediss://us%40er:p%3Aw@[::1]:7000/5' },
      {
        topology: standalone('::1', 7_000),
        db: 5,
        username: 'us@er',
        password: { text: 'p:w' },
        hasTls: true,
      },
    ],
    'by a URL with a password that is not in percent-encoding': [
      { REDIS_URL: 'redis://:50%@r' },
      { topology: standalone('r', 6_379), password: { text: '50%' } },
    ],
    'by a URL with a host alone': [
      { REDIS_URL: 'redis://r' },
      { topology: standalone('r', 6_379) },
    ],
    'by a URL with TLS from REDIS_SSL': [
      { REDIS_URL: 'redis://r/12', REDIS_SSL: 'true' },
      { topology: standalone('r', 6_379), db: 12, hasTls: true },
    ],
    'with a password file': [
      { REDIS_PASSWORD_FILE: '/p' },
      { password: { path: '/p', setting: 'REDIS_PASSWORD_FILE' } },
    ],
    'with authorities': [
      { REDIS_SSL: 'true', REDIS_SSL_CAFILE: '/ca' },
      { hasTls: true, cafile: { path: '/ca', setting: 'REDIS_SSL_CAFILE' } },
    ],
    'that is a Redis Cluster': [
      { REDIS_CLUSTER_NODES: 'a:1,[::1]:2' },
      {
        topology: {
          kind: 'cluster',
          nodes: [
            { host: 'a', port: 1 },
            { host: '::1', port: 2 },
          ],
          hashTag: 'gunicorn',
        },
      },
    ],
    'that is a Redis Cluster of one node': [
      { REDIS_CLUSTER_NODES: 'a:1', REDIS_KEY_PREFIX: 'p' },
      { topology: { kind: 'cluster', nodes: [{ host: 'a', port: 1 }], hashTag: 'p' } },
    ],
    'by Sentinels': [
      { REDIS_SENTINELS: 'a:1,b:2', REDIS_SENTINEL_NAME: 'm', REDIS_DB: '4' },
      {
        topology: {
          kind: 'sentinel',
          name: 'm',
          sentinels: [
            { host: 'a', port: 1 },
            { host: 'b', port: 2 },
          ],
          login: { username: undefined, password: undefined },
          hasTls: false,
        },
        db: 4,
      },
    ],
    'by Sentinels with a user and TLS of their own': [
      {
        REDIS_SENTINELS: 'a:1',
        REDIS_SENTINEL_NAME: 'm',
        REDIS_SENTINEL_USERNAME: 'u',
        REDIS_SENTINEL_PASSWORD: 'p',
        REDIS_SENTINEL_SSL: 'true',
      },
      {
        topology: {
          kind: 'sentinel',
          name: 'm',
          sentinels: [{ host: 'a', port: 1 }],
          login: { username: 'u', password: { text: 'p' } },
          hasTls: true,
        },
      },
    ],
    'by Sentinels with a password file, which have TLS as the servers': [
      {
        REDIS_SSL: 'true',
        REDIS_SENTINELS: 'a:1',
        REDIS_SENTINEL_NAME: 'm',
        REDIS_SENTINEL_PASSWORD_FILE: '/p',
      },
      {
        topology: {
          kind: 'sentinel',
          name: 'm',
          sentinels: [{ host: 'a', port: 1 }],
          login: {
            username: undefined,
            password: { path: '/p', setting: 'REDIS_SENTINEL_PASSWORD_FILE' },
          },
          hasTls: true,
        },
        hasTls: true,
      },
    ],
    'with a certificate': [
      { REDIS_SSL: 'true', REDIS_SSL_CERTFILE: '/c', REDIS_SSL_KEYFILE: '/k' },
      {
        hasTls: true,
        certfile: { path: '/c', setting: 'REDIS_SSL_CERTFILE' },
        keyfile: { path: '/k', setting: 'REDIS_SSL_KEYFILE' },
      },
    ],
  }
  for (const [name, [environment, expected]] of Object.entries(cases)) {
    test(name, () => {
      assert.deepEqual(settingsOf(environment).connection, { ...local, ...expected })
    })
  }

  test('in database 0 of a Redis Cluster, whatever database is set', () => {
    const settings = { ...resolved({ REDIS_ENABLED: 'true', REDIS_CLUSTER_NODES: 'a:1' }) }
    const { connection } = redisSettings({ ...settings, redisDb: 3 }) ?? assert.fail()
    assert.equal(connection.db, 0)
  })

  test('in database 0 where the path of the URL is no number', () => {
    const url = new URL('redis://r')
    for (const path of ['/x', '/123456', '/1/2', '/']) {
      url.pathname = path
      const settings = resolved({ REDIS_ENABLED: 'true', REDIS_URL: 'redis://r' })
      const redisUrl = Object.assign(Object.create(settings.redisUrl ?? null), {
        reveal: () => url.href,
      })
      assert.equal(redisSettings({ ...settings, redisUrl })?.connection.db, 0)
    }
  })
})

describe('Redis settings', () => {
  test('are undefined unless Redis is enabled', () => {
    assert.equal(redisSettings(resolved({ REDIS_HOST: 'redis' })), undefined)
  })

  test('have their defaults', () => {
    const { connection, serviceSlot, ...others } = settingsOf()
    assert.deepEqual(connection, local)
    assert.deepEqual(serviceSlot, serviceSlotOf(resolved({})))
    assert.deepEqual(others, {
      prefix: 'gunicorn',
      ttlMs: 300_000,
      collectIntervalMs: 1_000,
      forwardIntervalMs: 10_000,
      usesSlots: false,
      keepWorkerId: false,
      mergeRules: [],
      retentionMs: stateLimits.retentionMs,
    })
  })

  test('have times in milliseconds', () => {
    const times = {
      REDIS_TTL_SECONDS: '60',
      REDIS_COLLECT_INTERVAL: '2',
      REDIS_FORWARD_INTERVAL: '3',
    }
    const { ttlMs, collectIntervalMs, forwardIntervalMs } = settingsOf(times)
    assert.deepEqual([ttlMs, collectIntervalMs, forwardIntervalMs], [60_000, 2_000, 3_000])
    assert.equal(settingsOf({ ...times, REDIS_TTL_DISABLED: 'true' }).ttlMs, undefined)
  })

  test('have the prefix of the keys and the meaning of worker_id', () => {
    const { prefix, usesSlots, keepWorkerId } = settingsOf({
      REDIS_KEY_PREFIX: 'p',
      GUNICORN_WORKER_ID: 'slot',
      GUNICORN_KEEP_WORKER_ID: 'true',
    })
    assert.deepEqual([prefix, usesSlots, keepWorkerId], ['p', true, true])
  })
})
