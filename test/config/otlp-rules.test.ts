import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { messagesOf } from '../../src/config/problem.ts'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'

type Environment = Readonly<Record<string, string>>

function warningsOf(environment: Environment, checksUse = true): string[] {
  const all = { OTEL_METRICS_EXPORTER: 'otlp', ...environment }
  const resolution = resolveSettings({ environment: all, checksUse })
  assert.ok(resolution.kind === 'settings')
  return messagesOf(resolution.warnings)
}

describe('check warns about the variable of OTLP', () => {
  const rows: readonly (readonly [name: string, text: string, warning: RegExp])[] = [
    [
      'PROTOCOL',
      'smtp',
      /is "smtp"; allowed is http\/protobuf or http\/json or grpc\. It is ignored\.$/,
    ],
    [
      'ENDPOINT',
      'collector:4318',
      /is "collector:4318"; allowed is a URL of http:\/\/ or https:\/\//,
    ],
    ['ENDPOINT', 'ftp://u:hunter2@c', /is "\*\*\*@c"; allowed is a URL/],
    ['TIMEOUT', '10s', /is "10s"; allowed is a positive number of milliseconds/],
    ['COMPRESSION', 'zstd', /is "zstd"; allowed is gzip or none/],
    ['CERTIFICATE', '/none', /is "\/none": ENOENT/],
    ['CLIENT_KEY', '/none', /is "\/none": ENOENT/],
    ['CLIENT_CERTIFICATE', '/proc', /is "\/proc": \/proc is not a regular file\. It is ignored\.$/],
  ]
  for (const [end, text, warning] of rows) {
    for (const name of [`OTEL_EXPORTER_OTLP_${end}`, `OTEL_EXPORTER_OTLP_METRICS_${end}`]) {
      test(`${name}=${text}`, () => {
        const found = warningsOf({ [name]: text })
        assert.equal(found.length, 1, found.join('\n'))
        assert.ok(found[0]?.startsWith(`${name} is `), found[0])
        assert.match(found[0] ?? '', warning)
      })
    }
  }
})

describe('No warning about OTLP comes', () => {
  const good: Record<string, Environment> = {
    'for good values': {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4318',
      OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'Delta',
      OTEL_EXPORTER_OTLP_CERTIFICATE: import.meta.filename,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2',
    },
    'for an address of gRPC': {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
    },
    'if no metrics are pushed': {
      OTEL_METRICS_EXPORTER: 'prometheus',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'nonsense',
    },
  }
  for (const [title, environment] of Object.entries(good)) {
    test(title, () => assert.deepEqual(warningsOf(environment), []))
  }

  test('from other readers, because the exporter reports the fault', () => {
    assert.deepEqual(warningsOf({ OTEL_EXPORTER_OTLP_PROTOCOL: 'smtp' }, false), [])
  })
})
