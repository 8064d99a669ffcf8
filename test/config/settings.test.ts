import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings, type Settings } from '../../src/config/settings.ts'

const fallback = '/var/tmp/private'
const defaults: Settings = {
  host: '0.0.0.0',
  port: 9_091,
  multiprocDir: fallback,
  workerIds: 'age',
  keepWorkerId: false,
}

type Environment = Record<string, string | undefined>

function resolved(environment: Environment): ReturnType<typeof resolveSettings> {
  return resolveSettings(environment, { multiprocDir: fallback })
}

describe('an environment gives', () => {
  const rows: readonly (readonly [environment: Environment, settings: Partial<Settings>])[] = [
    [{}, {}],
    [{ UNRELATED: 'x', PROMETHEUS_METRICS_PORTS: 'x' }, {}],
    [{ PROMETHEUS_METRICS_PORT: '0' }, { port: 0 }],
    [{ PROMETHEUS_METRICS_PORT: '1' }, { port: 1 }],
    [{ PROMETHEUS_METRICS_PORT: '65535' }, { port: 65_535 }],
    [{ PROMETHEUS_METRICS_PORT: '08080' }, { port: 8_080 }],
    [{ PROMETHEUS_METRICS_PORT: ' 8080 ' }, { port: 8_080 }],
    [{ PROMETHEUS_METRICS_PORT: '' }, {}],
    [{ PROMETHEUS_METRICS_PORT: '   ' }, {}],
    [{ PROMETHEUS_METRICS_PORT: undefined }, {}],
    [{ OTEL_EXPORTER_PROMETHEUS_PORT: '9464' }, { port: 9_464 }],
    [{ PROMETHEUS_METRICS_PORT: '1', OTEL_EXPORTER_PROMETHEUS_PORT: '2' }, { port: 1 }],
    [{ PROMETHEUS_METRICS_PORT: '', OTEL_EXPORTER_PROMETHEUS_PORT: '2' }, { port: 2 }],
    // What is not asked is not looked at.
    [{ PROMETHEUS_METRICS_PORT: '1', OTEL_EXPORTER_PROMETHEUS_PORT: 'x' }, { port: 1 }],
    [{ PROMETHEUS_BIND_ADDRESS: '127.0.0.1' }, { host: '127.0.0.1' }],
    [{ PROMETHEUS_BIND_ADDRESS: '::' }, { host: '::' }],
    [{ PROMETHEUS_BIND_ADDRESS: 'fe80::1%eth0' }, { host: 'fe80::1%eth0' }],
    [{ PROMETHEUS_BIND_ADDRESS: 'metrics-1.example.org' }, { host: 'metrics-1.example.org' }],
    [{ OTEL_EXPORTER_PROMETHEUS_HOST: 'localhost' }, { host: 'localhost' }],
    [{ PROMETHEUS_MULTIPROC_DIR: '/srv/with space' }, { multiprocDir: '/srv/with space' }],
    [{ PROMETHEUS_MULTIPROC_DIR: 'off' }, { multiprocDir: undefined }],
    [{ PROMETHEUS_MULTIPROC_DIR: '' }, {}],
    [{ GUNICORN_WORKER_ID: 'slot' }, { workerIds: 'slot' }],
    [{ GUNICORN_WORKER_ID: 'age' }, { workerIds: 'age' }],
    ...['true', 'TRUE', '1', 'yes', 'on'].map(
      (text) => [{ GUNICORN_KEEP_WORKER_ID: text }, { keepWorkerId: true }] as const,
    ),
    ...['false', 'False', '0', 'no', 'off', ''].map(
      (text) => [{ GUNICORN_KEEP_WORKER_ID: text }, { keepWorkerId: false }] as const,
    ),
    [{ OTEL_SDK_DISABLED: 'false' }, {}],
    [{ OTEL_METRICS_EXPORTER: 'prometheus' }, {}],
    [{ OTEL_METRICS_EXPORTER: '' }, {}],
    [
      {
        PROMETHEUS_METRICS_PORT: '9100',
        PROMETHEUS_BIND_ADDRESS: '10.0.0.1',
        PROMETHEUS_MULTIPROC_DIR: '/a',
        GUNICORN_WORKER_ID: 'slot',
        GUNICORN_KEEP_WORKER_ID: 'on',
      },
      { port: 9_100, host: '10.0.0.1', multiprocDir: '/a', workerIds: 'slot', keepWorkerId: true },
    ],
  ]
  for (const [environment, settings] of rows) {
    test(`${JSON.stringify(environment)}: ${JSON.stringify(settings)}`, () => {
      const expected = { kind: 'settings', settings: { ...defaults, ...settings } }
      assert.deepEqual(resolved(environment), expected)
    })
  }
})

describe('switched off by', () => {
  const rows: readonly Environment[] = [
    { OTEL_SDK_DISABLED: 'true' },
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_SDK_DISABLED: ' true ' },
    // Nobody reads the rest then.
    { OTEL_SDK_DISABLED: 'true', PROMETHEUS_METRICS_PORT: 'x' },
    { OTEL_METRICS_EXPORTER: 'none' },
    { OTEL_METRICS_EXPORTER: ' none ' },
  ]
  for (const environment of rows) {
    test(JSON.stringify(environment), () =>
      assert.deepEqual(resolved(environment), { kind: 'off' }),
    )
  }
})

describe('refused is', () => {
  const port = 'a port from 0 to 65535'
  const host = 'a host name or an IP address'
  const flag = 'true or false'
  const exporter = 'prometheus or none (otlp is not supported yet)'
  type Row = readonly [name: string, text: string, allowed: string]
  const rows: readonly Row[] = [
    ...['65536', '99999', '100000', '-1', '+1', '1.5', '1e3', '0x50', 'http', '80,81', '８０'].map(
      (text): Row => ['PROMETHEUS_METRICS_PORT', text, port],
    ),
    ['OTEL_EXPORTER_PROMETHEUS_PORT', 'x', port],
    ...['a b', 'http://a', 'a/b', 'a,b', '[::1]', 'ö', '*', 'a;b', '"'].map(
      (text): Row => ['PROMETHEUS_BIND_ADDRESS', text, host],
    ),
    ['OTEL_EXPORTER_PROMETHEUS_HOST', '/', host],
    ...['Age', 'slots', '1', 'toString'].map(
      (text): Row => ['GUNICORN_WORKER_ID', text, 'age or slot'],
    ),
    ...['maybe', '2', 'truee', 'y'].map((text): Row => ['GUNICORN_KEEP_WORKER_ID', text, flag]),
    ['OTEL_SDK_DISABLED', 'perhaps', flag],
    ['OTEL_METRICS_EXPORTER', 'otlp', exporter],
    ['OTEL_METRICS_EXPORTER', 'Prometheus', exporter],
  ]
  for (const [name, text, allowed] of rows) {
    test(`${name}=${text}`, () => {
      const fault = `${name} is ${JSON.stringify(text)}; allowed is ${allowed}.`
      assert.deepEqual(resolved({ [name]: text }), { kind: 'faults', faults: [fault] })
    })
  }

  test('all that is wrong, at once', () => {
    const resolution = resolved({
      PROMETHEUS_METRICS_PORT: 'x',
      PROMETHEUS_BIND_ADDRESS: 'a b',
      GUNICORN_WORKER_ID: 'x',
      GUNICORN_KEEP_WORKER_ID: 'x',
      OTEL_SDK_DISABLED: 'x',
      OTEL_METRICS_EXPORTER: 'otlp,prometheus,console,none',
    })
    assert.equal(resolution.kind, 'faults')
    const names =
      resolution.kind === 'faults' ? resolution.faults.map((fault) => fault.split(' ')[0]) : []
    assert.deepEqual(names.sort(), [
      'GUNICORN_KEEP_WORKER_ID',
      'GUNICORN_WORKER_ID',
      'OTEL_METRICS_EXPORTER',
      'OTEL_METRICS_EXPORTER',
      'OTEL_SDK_DISABLED',
      'PROMETHEUS_BIND_ADDRESS',
      'PROMETHEUS_METRICS_PORT',
    ])
  })

  test('a fault even where the exporter is off besides', () => {
    const resolution = resolved({ OTEL_METRICS_EXPORTER: 'none', PROMETHEUS_METRICS_PORT: 'x' })
    assert.equal(resolution.kind, 'faults')
  })

  test('quoted as it was given, whatever it holds', () => {
    const text = '"\n\u001b[31m'
    const resolution = resolved({ PROMETHEUS_METRICS_PORT: `x${text}x` })
    assert.ok(resolution.kind === 'faults')
    assert.ok(resolution.faults[0]?.includes('"x\\"\\n\\u001b[31mx"'))
  })
})
