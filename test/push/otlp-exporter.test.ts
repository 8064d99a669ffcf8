import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadOtlpExporter } from '../../src/push/otlp-exporter.ts'

for (const program of [undefined, 'production', '-', import.meta.filename]) {
  test(`the exporter is found where the program is ${program ?? 'not a file'}`, () => {
    assert.equal(typeof loadOtlpExporter({}, program).export, 'function')
  })
}
