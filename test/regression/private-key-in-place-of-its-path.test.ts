// Bug: a setting for the path of a private key held the key itself. `check` and the log showed it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkReport } from '../../src/commands/check/check-report.ts'
import { resolvedOf, resolveSettings } from '../../src/config/resolve/resolve.ts'

const lines = ['-----BEGIN PRIVATE KEY-----', 'MIGHAgEAMBMG', '-----END PRIVATE KEY-----', '']

for (const [form, separator] of [
  ['with line breaks', '\n'],
  ['in one line', '\\n'],
] as const) {
  test(`A private key ${form} in place of its path is refused and not shown`, () => {
    const resolution = resolveSettings({
      environment: { PROMETHEUS_SSL_KEYFILE: lines.join(separator) },
      checksFiles: true,
    })
    assert.ok(resolution.kind === 'faults')
    assert.equal(
      resolution.faults[0]?.message,
      'PROMETHEUS_SSL_KEYFILE is not shown (it can contain a private key); allowed is a path.',
    )
    assert.doesNotMatch(checkReport(resolution, undefined), /MIGHAgEAMBMG/)
  })

  test(`A private key ${form} in a variable of OTLP is not shown`, () => {
    const resolution = resolveSettings({
      environment: {
        OTEL_METRICS_EXPORTER: 'otlp',
        OTEL_EXPORTER_OTLP_CLIENT_KEY: lines.join(separator),
      },
      checksUse: true,
    })
    assert.deepEqual(
      resolvedOf(resolution).warnings.map(({ message }) => message),
      [
        'OTEL_EXPORTER_OTLP_CLIENT_KEY is not shown (it can contain a private key); ' +
          'allowed is a file that can be used. It is ignored.',
      ],
    )
  })
}
