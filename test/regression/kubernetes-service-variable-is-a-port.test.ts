// Bug: Kubernetes sets PROMETHEUS_METRICS_PORT to a URL in pods beside a Service of that name. The
// application started without metrics.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Resolution, resolveSettings } from '../../src/config/resolve/resolve.ts'
import { sentencesOf } from '../support/config/sentences.ts'

type Environment = Record<string, string | undefined>

test('A PROMETHEUS_METRICS_PORT that Kubernetes sets counts as unset, with a warning', () => {
  const resolution = resolved({ PROMETHEUS_METRICS_PORT: 'tcp://10.96.0.12:9091' })
  assert.ok(resolution.kind === 'settings', JSON.stringify(resolution))
  assert.equal(resolution.settings.metricsPort, 9_091)
  assert.match(
    sentencesOf(resolution.warnings).join(),
    /^PROMETHEUS_METRICS_PORT is .* It is ignored\.$/,
  )
})

function resolved(environment: Environment): Resolution {
  return resolveSettings({ environment })
}
