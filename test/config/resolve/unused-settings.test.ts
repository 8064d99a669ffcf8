import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { readConfigFile } from '../../../src/config/config-file.ts'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

type Variables = Readonly<Record<string, string>>
type Command = NonNullable<Parameters<typeof resolveSettings>[0]['command']>

const directory = mkdtempSync(join(tmpdir(), 'unused-settings-'))
after(() => rmSync(directory, { recursive: true }))

function told(environment: Variables, command?: Command): Record<'warnings' | 'notes', string[]> {
  const resolution = resolveSettings({ environment, ...(command ? { command } : {}) })
  const { warnings, notes } = resolvedOf(resolution)
  return { warnings: sentencesOf(warnings), notes: sentencesOf(notes) }
}

const state = { PROMETHEUS_STATE_DIR: '/state' }
const node = { SIDECAR_NODE_ONLY: 'true', NODE_NAME: 'a', PROMETHEUS_SHARED_DIR: '/shared' }
const redis = { REDIS_ENABLED: 'true' }
const sentinels = { REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'main' }
const tls = { PROMETHEUS_SSL_CERTFILE: '/cert', PROMETHEUS_SSL_KEYFILE: '/key' }

describe('A setting without an effect has a warning', () => {
  const rows: [Variables, unused: string, reason: string, Command?][] = [
    [
      { GUNICORN_CRASH_FILES: 'response', PROMETHEUS_MULTIPROC_DIR: 'off' },
      'GUNICORN_CRASH_FILES',
      'PROMETHEUS_MULTIPROC_DIR is off',
    ],
    [
      { CLEANUP_DB_FILES: 'false', PROMETHEUS_MULTIPROC_DIR: 'off' },
      'CLEANUP_DB_FILES',
      'PROMETHEUS_MULTIPROC_DIR is off',
    ],
    [{ ...state, ...redis }, 'PROMETHEUS_STATE_DIR', 'REDIS_ENABLED is on'],
    [
      { ...state, PROMETHEUS_SHARED_DIR: '/shared' },
      'PROMETHEUS_STATE_DIR',
      'PROMETHEUS_SHARED_DIR is given',
    ],
    [
      { ...state, SIDECAR_MODE: 'true', PROMETHEUS_MULTIPROC_DIR: '/shared' },
      'PROMETHEUS_STATE_DIR',
      'SIDECAR_MODE is on',
    ],
    [{ SIDECAR_MODE: 'true' }, 'SIDECAR_MODE', 'PROMETHEUS_MULTIPROC_DIR is not given'],
    [
      { SIDECAR_MODE: 'true', PROMETHEUS_MULTIPROC_DIR: 'off' },
      'SIDECAR_MODE',
      'PROMETHEUS_MULTIPROC_DIR is off',
    ],
    [
      { ...redis, REDIS_CLUSTER_NODES: 'a:1', REDIS_HOST: 'b' },
      'REDIS_HOST',
      'REDIS_CLUSTER_NODES is given',
    ],
    [
      { ...redis, REDIS_SENTINELS: 'a:1', REDIS_SENTINEL_NAME: 'main', REDIS_PORT: '6380' },
      'REDIS_PORT',
      'REDIS_SENTINELS is given',
    ],
    [{ ...redis, REDIS_USERNAME: 'u' }, 'REDIS_USERNAME', 'REDIS_PASSWORD is not given'],
    [
      { ...redis, REDIS_SENTINEL_PASSWORD: 'p' },
      'REDIS_SENTINEL_PASSWORD',
      'REDIS_SENTINELS is not given',
    ],
    [
      { ...redis, REDIS_SENTINEL_SSL: 'true' },
      'REDIS_SENTINEL_SSL',
      'REDIS_SENTINELS is not given',
    ],
    [
      { ...redis, ...sentinels, REDIS_SENTINEL_USERNAME: 'u' },
      'REDIS_SENTINEL_USERNAME',
      'REDIS_SENTINEL_PASSWORD is not given',
    ],
    [
      { GUNICORN_MAX_REQUESTS_JITTER: '5' },
      'GUNICORN_MAX_REQUESTS_JITTER',
      'GUNICORN_MAX_REQUESTS is 0',
      'run',
    ],
    [node, 'SIDECAR_NODE_ONLY', 'no Redis is given', 'serve'],
    [{ ...node, REDIS_ENABLED: 'false' }, 'SIDECAR_NODE_ONLY', 'no Redis is given', 'serve'],
  ]
  for (const [variables, unused, reason, command] of rows) {
    test(`${unused}, because ${reason}`, () => {
      const { warnings, notes } = told(variables, command)
      assert.deepEqual(warnings, [`${unused} has no effect, because ${reason}.`])
      assert.deepEqual(notes, [])
    })
  }

  test('PROMETHEUS_SHARED_DIR, because Redis gets the metrics', () => {
    assert.deepEqual(told({ ...redis, PROMETHEUS_SHARED_DIR: '/shared' }).warnings, [
      'PROMETHEUS_SHARED_DIR closes the endpoint, but has no files, because REDIS_ENABLED is on.',
    ])
  })

  test('a key of Redis in the file, because the file does not switch Redis on', () => {
    const path = join(directory, 'config.yml')
    writeFileSync(path, 'exporter:\n  redis:\n    url: redis://host\n    ttl_seconds: 60\n')
    const { warnings } = resolvedOf(
      resolveSettings({ environment: {}, file: readConfigFile(path) }),
    )
    assert.deepEqual(sentencesOf(warnings), [
      'exporter.redis.url has no effect, because exporter.redis.enabled is not given.',
    ])
    const off = { environment: { REDIS_ENABLED: 'false' }, file: readConfigFile(path) }
    assert.deepEqual(resolvedOf(resolveSettings(off)).warnings, [])
  })
})

describe('A setting without an effect has a note', () => {
  const rows: [Variables, unused: readonly string[], reason: string][] = [
    [
      { ...tls, PROMETHEUS_SSL_ENABLED: 'false' },
      Object.keys(tls),
      'PROMETHEUS_SSL_ENABLED is off',
    ],
    [
      { ...redis, REDIS_TTL_DISABLED: 'true', REDIS_TTL_SECONDS: '60' },
      ['REDIS_TTL_SECONDS'],
      'REDIS_TTL_DISABLED is on',
    ],
    [
      { PROMETHEUS_BIND_ADDRESS: 'unix:/run/metrics', PROMETHEUS_METRICS_PORT: '9100' },
      ['PROMETHEUS_METRICS_PORT'],
      'PROMETHEUS_BIND_ADDRESS is a unix socket',
    ],
    [{ PROMETHEUS_PROBES_OPEN: 'true' }, ['PROMETHEUS_PROBES_OPEN'], 'the endpoint is open'],
    [
      { PROMETHEUS_SHARED_DIR: '/shared', PROMETHEUS_METRICS_PORT: '9100' },
      ['PROMETHEUS_METRICS_PORT'],
      'PROMETHEUS_SHARED_DIR is given',
    ],
    [
      { OTEL_METRICS_EXPORTER: 'otlp', PROMETHEUS_MAX_CONNECTIONS: '5' },
      ['PROMETHEUS_MAX_CONNECTIONS'],
      'OTEL_METRICS_EXPORTER has no prometheus',
    ],
  ]
  for (const [variables, unused, reason] of rows) {
    test(`${unused.join(' and ')}, because ${reason}`, () => {
      const { warnings, notes } = told(variables)
      const expected = unused.map((name) => `${name} has no effect, because ${reason}.`)
      assert.deepEqual({ warnings, notes }, { warnings: [], notes: expected })
    })
  }
})

describe('Nothing is told', () => {
  const rows: [title: string, Variables, Command?][] = [
    ['of a setting that has its default', { GUNICORN_CRASH_FILES: 'turn', ...off() }],
    ['of a state directory alone', state],
    ['of `serve` with all origins', { ...redis, PROMETHEUS_SHARED_DIR: '/shared' }, 'serve'],
    ['of one node of Redis', { ...node, ...redis }, 'serve'],
    ['of a sidecar for Redis alone', { ...redis, SIDECAR_MODE: 'true' }],
    ['of a user with a password', { ...redis, REDIS_USERNAME: 'u', REDIS_PASSWORD: 'p' }],
    [
      'of a user with a password file',
      { ...redis, REDIS_USERNAME: 'u', REDIS_PASSWORD_FILE: '/p' },
    ],
    ['of variables that can belong to the application', { REDIS_URL: 'redis://host' }],
    ['of a jitter outside of `run`', { GUNICORN_MAX_REQUESTS_JITTER: '5' }],
    [
      'of probes at an endpoint with a token',
      { PROMETHEUS_PROBES_OPEN: 'true', PROMETHEUS_AUTH_BEARER_TOKEN: 'token' },
    ],
  ]
  for (const [title, variables, command] of rows) {
    test(title, () => {
      assert.deepEqual(told(variables, command), { warnings: [], notes: [] })
    })
  }
})

function off(): Variables {
  return { PROMETHEUS_MULTIPROC_DIR: 'off' }
}
