import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../../src/config/resolve.ts'
import { redacted } from '../../../src/log/redact.ts'
import { redisKeysOf } from '../../../src/share/redis/keys.ts'
import { type RedisSettings, redisSettings } from '../../../src/share/redis/redis-settings.ts'

function given(environment: Record<string, string>): RedisSettings | undefined {
  const resolution = resolveSettings({ environment, checksFiles: false })
  if (resolution.kind !== 'settings') throw new Error(resolution.faults.join(' '))
  return redisSettings(resolution.settings)
}

test('Redis settings are undefined unless Redis is enabled', () => {
  assert.equal(given({ REDIS_HOST: 'redis' }), undefined)
})

describe('Redis settings lead to a Redis that is', () => {
  for (const [what, environment, expected] of [
    ['on this host', {}, { topology: standalone('127.0.0.1', 6_379), db: 0, password: undefined }],
    [
      'named in parts',
      { REDIS_HOST: 'r', REDIS_PORT: '1', REDIS_DB: '2', REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p' },
      { topology: standalone('r', 1), db: 2, username: 'u', password: { text: 'p' } },
    ],
    [
      'named by a URL',
      { REDIS_URL: 'rediss://us%40er:p%3Aw@[::1]:7000/5' },
      {
        topology: standalone('::1', 7_000),
        db: 5,
        username: 'us@er',
        password: { text: 'p:w' },
        hasTls: true,
      },
    ],
    [
      'named by a short URL',
      { REDIS_URL: 'redis://r' },
      { topology: standalone('r', 6_379), db: 0, hasTls: false },
    ],
    ['a secret’s file', { REDIS_PASSWORD_FILE: '/p' }, { password: { path: '/p' } }],
    [
      'a Redis Cluster',
      { REDIS_CLUSTER_NODES: 'a:1,[::1]:2' },
      {
        topology: {
          kind: 'cluster',
          nodes: [
            { host: 'a', port: 1 },
            { host: '::1', port: 2 },
          ],
        },
      },
    ],
    [
      'watched by Sentinels',
      { REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'm', REDIS_SSL: 'true' },
      {
        topology: { kind: 'sentinel', name: 'm', sentinels: [{ host: 'a', port: 1 }] },
        hasTls: true,
      },
    ],
  ] as const) {
    test(what, () => {
      const { connection } = given({ REDIS_ENABLED: 'true', ...environment }) ?? {}
      assert.deepEqual({ ...connection, ...expected }, connection)
    })
  }
})

test('a place is named by the service, or by its given instance', () => {
  const attributes = 'service.name=a%20b, service.instance.id = i%2C1 ,x=y'
  const { serviceSlot: place } =
    given({ REDIS_ENABLED: 'true', OTEL_RESOURCE_ATTRIBUTES: attributes }) ?? {}
  assert.equal(place?.service, 'a b')
  assert.equal(place?.instance, 'i,1')
  assert.equal(place?.address, '0.0.0.0:9091')
  const other = given({
    REDIS_ENABLED: 'true',
    OTEL_SERVICE_NAME: 's',
    PROMETHEUS_BIND_ADDRESS: 'unix:/s',
  })
  assert.equal(other?.serviceSlot.service, 's')
  assert.equal(other?.serviceSlot.address, 'unix:/s')
  assert.equal(other?.serviceSlot.instance, undefined)
})

test('all keys of a Redis Cluster are in one slot', () => {
  const cluster = given({
    REDIS_ENABLED: 'true',
    REDIS_CLUSTER_NODES: 'a:1',
    REDIS_KEY_PREFIX: 'p',
  })
  const alone = given({ REDIS_ENABLED: 'true', REDIS_KEY_PREFIX: 'p' })
  if (!cluster || !alone) throw new Error('no settings')
  const named = ({ connection, prefix }: RedisSettings): string[] => {
    const { source, successor, lease, history, ...plain } = redisKeysOf(prefix, connection)
    return [source('g'), successor('g'), lease('l', 0), history(1), ...Object.values(plain)]
  }
  for (const key of named(cluster)) assert.match(key, /^\{p\}:metrics:/)
  const documented = named(alone).filter((key) => !key.startsWith('{'))
  assert.deepEqual(documented.sort(), ['p:metrics:1', 'p:metrics:latest', 'p:metrics:metadata'])
})

test('what is shown of an error tells no secret', () => {
  const text = 'cannot reach\nredis://user:secret@host:1 with secret: s3'
  assert.equal(redacted(text, ['s3', '']), 'cannot reach redis://***@host:1 with secret: ***')
  assert.equal(redacted('x'.repeat(1_000), []).length, 300)
})

function standalone(host: string, port: number) {
  return { kind: 'standalone', node: { host, port } } as const
}

test('Redis settings have times in milliseconds', () => {
  const times = {
    REDIS_ENABLED: 'true',
    REDIS_TTL_SECONDS: '60',
    REDIS_COLLECT_INTERVAL: '2',
    REDIS_FORWARD_INTERVAL: '3',
  }
  const settings = given(times)
  assert.deepEqual(
    [settings?.ttlMs, settings?.collectIntervalMs, settings?.forwardIntervalMs],
    [60_000, 2_000, 3_000],
  )
  assert.equal(given({ ...times, REDIS_TTL_DISABLED: 'true' })?.ttlMs, undefined)
})
