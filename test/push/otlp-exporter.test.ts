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
      assert.equal(typeof loadOtlpExporter({}, { program, timeoutMs: 1_000 }).export, 'function')
    })
  }

  test('unless the environment names an unknown protocol', () => {
    for (const name of ['OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_METRICS_PROTOCOL']) {
      const options = { program: undefined, timeoutMs: 1_000 }
      const message = `${name} is "smtp"; allowed is http/protobuf or http/json or grpc.`
      assert.throws(() => loadOtlpExporter({ [name]: 'smtp' }, options), { message })
    }
  })
})
