import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { type Environment, nothing, prefix, told } from '../../support/config/otlp-problems.ts'
import { sentencesOf } from '../../support/config/sentences.ts'

describe('No problem of OTLP is found', () => {
  const good: Record<string, Environment> = {
    'in good values': {
      PROTOCOL: 'http/json',
      ENDPOINT: 'HTTPS://collector:4318',
      METRICS_ENDPOINT: 'http://collector:4318/v1/metrics',
      TIMEOUT: '10000',
      COMPRESSION: 'gzip',
      METRICS_TEMPORALITY_PREFERENCE: 'Delta',
      HEADERS: 'authorization=Basic%20aHVudGVyMg==, x-tenant = 1 ,',
    },
    'in empty values': { ENDPOINT: ' ', HEADERS: '', CERTIFICATE: ' ', PROTOCOL: '' },
    'in the forms of gRPC with TLS': { PROTOCOL: 'grpc', ENDPOINT: 'https://collector' },
    'in the forms of gRPC without TLS': { PROTOCOL: 'grpc', ENDPOINT: 'http://[::1]:4317/' },
    'in an address of gRPC': { PROTOCOL: 'grpc', ENDPOINT: 'c:4317', INSECURE: 'true' },
    'in a socket of gRPC': { PROTOCOL: 'grpc', ENDPOINT: 'unix:///run/otel', INSECURE: 'true' },
  }
  for (const [title, variables] of Object.entries(good)) {
    test(title, () => assert.deepEqual(told(variables), nothing))
  }

  test('if no metrics are pushed, except a note about an endpoint', () => {
    const environment = { [`${prefix}ENDPOINT`]: 'nonsense', [`${prefix}HEADERS`]: 'nonsense' }
    const resolution = resolveSettings({ environment, checksUse: true })
    const { warnings, notes } = resolvedOf(resolution)
    assert.equal(resolution.kind, 'settings')
    assert.deepEqual(warnings, [])
    assert.deepEqual(sentencesOf(notes), [
      `${prefix}ENDPOINT has no effect here, because GUNICORN_METRICS_EXPORTER has no otlp.`,
    ])
  })

  test('by the preload itself, because the exporter tells the problem when pushes start', () => {
    assert.deepEqual(told({ PROTOCOL: 'smtp', ENDPOINT: 'nonsense' }, false), nothing)
  })
})
