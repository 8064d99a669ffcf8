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

  test('are the values as given and decoded, without spaces around', () => {
    const secretsOf = (text: string) => secretsIn({ OTEL_EXPORTER_OTLP_HEADERS: text })
    assert.deepEqual(secretsOf('a = abc%20def , b=123456'), [
      ...['abc%20def', 'abc def'],
      ...['123456', '123456'],
    ])
    assert.deepEqual(secretsOf('a=12345'), [])
    // A value that is not in percent-encoding.
    assert.deepEqual(secretsOf('a=100% sure'), ['100% sure', '100% sure'])
    assert.deepEqual(secretsIn({}), [])
  })
})
