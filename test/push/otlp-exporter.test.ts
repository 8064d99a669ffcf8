import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { loadOtlpExporter } from '../../src/push/otlp-exporter.ts'

describe('loadOtlpExporter finds its package', () => {
  const programs: Record<string, string | undefined> = {
    'without a program': undefined,
    'for a program that is no file': 'production',
    'for a program on standard input': '-',
    'for a program that is a file': import.meta.filename,
  }
  for (const [title, program] of Object.entries(programs)) {
    test(title, () => {
      assert.equal(typeof loadOtlpExporter({}, program).export, 'function')
    })
  }

  test('unless the environment names an unknown protocol', () => {
    assert.throws(() => loadOtlpExporter({ OTEL_EXPORTER_OTLP_PROTOCOL: 'smtp' }, undefined), {
      message: 'OTEL_EXPORTER_OTLP_PROTOCOL is smtp; allowed: http/protobuf, http/json, grpc',
    })
  })
})
