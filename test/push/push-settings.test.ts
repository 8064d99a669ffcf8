import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import type { Settings } from '../../src/config/settings.ts'
import { logLimits } from '../../src/limits/log.ts'
import { pushLimits } from '../../src/limits/push.ts'
import { redacted } from '../../src/log/redact.ts'
import { exportTimeoutMs, pushSettings, setting } from '../../src/push/push-settings.ts'

function resolved(environment: Readonly<Record<string, string>>): Settings {
  const resolution = resolveSettings({ environment, file: undefined, checksFiles: false })
  assert.equal(resolution.kind, 'settings')
  return (resolution as Extract<typeof resolution, { kind: 'settings' }>).settings
}

describe('pushSettings', () => {
  test('returns undefined when pushes are off', () => {
    assert.equal(pushSettings(resolved({}), { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://x' }), undefined)
  })

  test('keeps only the variables of OTLP and of the resource', () => {
    const variables = {
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '5000',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'a=b',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=secret',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '1000 \r',
      NODE_OPTIONS: '--max-old-space-size=100',
      DATABASE_PASSWORD: 'secret',
    }
    const settings = pushSettings(resolved(variables), variables)
    assert.equal(settings?.intervalMs, 5_000)
    assert.deepEqual(settings.environment, {
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'a=b',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-token=secret',
      OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: '1000',
    })
    assert.equal(settings.timeoutMs, 1_000)
    assert.deepEqual(settings.program, { argv: process.argv, execArgv: process.execArgv })
    assert.deepEqual(structuredClone(settings), settings)
  })
})

describe('The timeout of the metrics SDK', () => {
  const otlp = { OTEL_METRICS_EXPORTER: 'otlp' }
  const timeout = 'OTEL_EXPORTER_OTLP_METRICS_TIMEOUT'
  for (const [variables, expected] of [
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '500', OTEL_EXPORTER_OTLP_TIMEOUT: '1000' }, 500],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '5000', OTEL_EXPORTER_OTLP_TIMEOUT: '1000' }, 1_000],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '500', [timeout]: '1000' }, 500],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '500' }, 500],
    [{ OTEL_METRIC_EXPORT_TIMEOUT: '0' }, pushLimits.exportTimeoutMs],
  ] as const) {
    test(`makes ${expected} ms of ${JSON.stringify(variables)}`, () => {
      const all = { ...otlp, ...variables }
      const settings = pushSettings(resolved(all), all)
      assert.equal(settings?.timeoutMs, expected)
    })
  }
})

describe('The thread gets the variables of the named detectors', () => {
  const cloud = {
    AWS_REGION: 'a',
    WEBSITE_SITE_NAME: 'b',
    K_SERVICE: 'c',
    AWS_SECRET_ACCESS_KEY: 'd',
  }
  for (const [names, expected] of [
    ['host,os', []],
    ['aws', ['AWS_REGION']],
    ['azure', ['WEBSITE_SITE_NAME']],
    ['gcp,container', ['K_SERVICE']],
    ['all', ['AWS_REGION', 'WEBSITE_SITE_NAME', 'K_SERVICE']],
    ['none,aws', []],
  ] as const) {
    test(names, () => {
      const all = { ...cloud, OTEL_METRICS_EXPORTER: 'otlp', OTEL_NODE_RESOURCE_DETECTORS: names }
      const settings = pushSettings(resolved(all), all)
      assert.deepEqual(Object.keys(settings?.environment ?? {}), expected)
    })
  }
})

describe('The thread gets the variables of gRPC', () => {
  const grpc = {
    ...{ grpc_proxy: 'http://p', no_proxy: 'localhost', GRPC_VERBOSITY: 'DEBUG' },
    ...{ HTTP_PROXY: 'http://q', NODE_OPTIONS: '--inspect' },
  }
  for (const [protocol, expected] of [
    ['grpc', ['GRPC_VERBOSITY', 'grpc_proxy', 'no_proxy']],
    ['http/protobuf', []],
  ] as const) {
    test(`with ${protocol}: ${expected.join(', ') || 'none'}`, () => {
      const name = 'OTEL_EXPORTER_OTLP_PROTOCOL'
      const all = { ...grpc, OTEL_METRICS_EXPORTER: 'otlp', [name]: protocol }
      const names = Object.keys(pushSettings(resolved(all), all)?.environment ?? {})
      assert.deepEqual(names.filter((each) => each !== name).sort(), expected)
    })
  }
})

describe('A variable of OTLP', () => {
  for (const [title, variables, expected] of [
    [
      'has the value for metrics rather than the value for all signals',
      { METRICS_PROTOCOL: 'grpc', PROTOCOL: 'x' },
      'grpc',
    ],
    ['has the value for all signals without a value for metrics', { PROTOCOL: ' grpc ' }, 'grpc'],
    ['is undefined when all values are empty', { METRICS_PROTOCOL: ' ', PROTOCOL: '' }, undefined],
    ['is undefined when the environment has no value', {}, undefined],
  ] as const) {
    test(title, () => assert.equal(setting(prefixed(variables), 'PROTOCOL'), expected))
  }
})

describe('The timeout of an export', () => {
  for (const [variables, expected] of [
    [{ METRICS_TIMEOUT: '250', TIMEOUT: '500' }, 250],
    [{ TIMEOUT: '500' }, 500],
    [{}, pushLimits.exportTimeoutMs],
    [{ TIMEOUT: '0' }, pushLimits.exportTimeoutMs],
    [{ TIMEOUT: '-5' }, pushLimits.exportTimeoutMs],
    [{ TIMEOUT: 'soon' }, pushLimits.exportTimeoutMs],
    [{ TIMEOUT: '2147483648' }, pushLimits.exportTimeoutMs],
    [{ METRICS_TIMEOUT: 'soon', TIMEOUT: '500' }, 500],
  ] as const) {
    test(`is ${expected} ms for ${JSON.stringify(variables)}`, () => {
      assert.equal(exportTimeoutMs(prefixed(variables)), expected)
    })
  }
})

test('redacted shortens texts to one line of logLimits.shownChars without passwords', () => {
  assert.equal(
    redacted(" Could not parse 'https://me:pass@host/x'\n  at all "),
    "Could not parse 'https://***@host/x' at all",
  )
  for (const password of ['p@ss', 'p/ss', 'p/@ss']) {
    const text = `Could not parse 'http://me:${password}@host/x', falling back to undefined`
    assert.equal(redacted(text), "Could not parse 'http://***@host/x', falling back to undefined")
  }
  assert.equal(redacted('x'.repeat(1_000)).length, logLimits.shownChars)
})

function prefixed(variables: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(variables)
  return Object.fromEntries(entries.map(([name, text]) => [`OTEL_EXPORTER_OTLP_${name}`, text]))
}
