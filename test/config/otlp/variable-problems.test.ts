import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { nothing, prefix, told } from '../../support/config/otlp-problems.ts'

describe('check warns, because OpenTelemetry ignores the value, about', () => {
  const rows = [
    ['TIMEOUT', '10s', 'milliseconds above 0, up to 86400000'],
    ['TIMEOUT', '0', 'milliseconds above 0, up to 86400000'],
    // Longer than a timer of Node.js can be.
    ['TIMEOUT', '2147483648', 'milliseconds above 0, up to 86400000'],
    ['TIMEOUT', 'Infinity', 'milliseconds above 0, up to 86400000'],
    ['COMPRESSION', 'zstd', 'gzip or none'],
    ['COMPRESSION', 'GZIP', 'gzip or none'],
    ['INSECURE', 'yes', 'true or false'],
  ] as const
  for (const [end, text, allowed] of rows) {
    for (const name of [end, `METRICS_${end}`]) {
      test(`${name}=${text}`, () => {
        const { warnings } = told({ [name]: text })
        const expected = `${prefix}${name} is "${text}"; allowed is ${allowed}. It is ignored.`
        assert.deepEqual(warnings, [expected])
      })
    }
  }

  test('METRICS_TEMPORALITY_PREFERENCE=both', () => {
    const { warnings } = told({ METRICS_TEMPORALITY_PREFERENCE: 'both' })
    assert.match(warnings.join(), /is "both"; allowed is cumulative or delta or lowmemory/)
  })
})

test('check accepts each allowed value', () => {
  const values = {
    COMPRESSION: ['gzip', 'none'],
    INSECURE: ['true', 'FALSE'],
    METRICS_TEMPORALITY_PREFERENCE: ['cumulative', 'Delta', 'lowmemory'],
  }
  for (const [name, texts] of Object.entries(values)) {
    for (const text of texts) assert.deepEqual(told({ [name]: text }), nothing, text)
  }
})

test('check accepts a timeout of one millisecond', () => {
  assert.deepEqual(told({ TIMEOUT: '1' }), nothing)
})
