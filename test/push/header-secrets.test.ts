import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { secretsIn } from '../../src/push/header-secrets.ts'

describe('The secrets in the headers of a push', () => {
  test('are the values of both variables, because a request has all headers', () => {
    const secrets = secretsIn({
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20hunter2',
      OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'api-key=k-123456',
    })
    for (const secret of ['Bearer hunter2', 'k-123456']) assert.ok(secrets.includes(secret))
  })

  test('are no short words, which can be in any message', () => {
    assert.deepEqual(secretsIn({ OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop' }), [])
  })
})
