// Bug: a bad OTEL_* variable made the default value count, although the configuration file had a
// good value.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyFile } from '../../src/config/config-file.ts'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'

test('A bad OTEL_* variable leaves the good value of the file in effect', () => {
  const values = new Map([['prometheus.metrics_port', '9200']])
  const file = { ...emptyFile, path: '/c.yml', values }
  const environment = { OTEL_EXPORTER_PROMETHEUS_PORT: 'x' }
  const resolution = resolveSettings({ environment, file })
  assert.ok(resolution.kind === 'settings')
  assert.equal(resolution.settings.metricsPort, 9_200)
  assert.equal(resolution.origins.metricsPort.name, 'exporter.prometheus.metrics_port')
  assert.equal(resolution.warnings.length, 1)
})
