import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { messagesOf } from '../../src/config/problem.ts'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import type { Settings } from '../../src/config/settings.ts'
import { collectLimits } from '../../src/limits/collect.ts'
import { patternForm } from '../../src/model/route/path-pattern.ts'

function settingsOf(environment: Record<string, string>): Settings {
  const resolution = resolveSettings({ environment })
  if (resolution.kind === 'settings') return resolution.settings
  return assert.fail(messagesOf(resolution.faults).join(' '))
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  const resolution = resolveSettings({ environment })
  return resolution.kind === 'settings' ? [] : messagesOf(resolution.faults)
}

describe('The settings of the metrics by route', () => {
  test('take lists of patterns, rules and methods', () => {
    const settings = settingsOf({
      GUNICORN_HTTP_EXCLUDE: '/healthz, /assets/**',
      GUNICORN_HTTP_EXCLUDE_METHODS: 'HEAD,OPTIONS',
      GUNICORN_HTTP_PATH_RULES: '/shops/* => /shops/:shop,/status',
      GUNICORN_HTTP_LONG_POLLS: '/socket.io/**',
      GUNICORN_HTTP_ENDPOINTS: '500',
      GUNICORN_HTTP_METRICS: 'off',
    })
    assert.deepEqual(settings.httpExclude, ['/healthz', '/assets/**'])
    assert.deepEqual(settings.httpExcludeMethods, ['HEAD', 'OPTIONS'])
    assert.deepEqual(settings.httpPathRules, ['/shops/* => /shops/:shop', '/status'])
    assert.deepEqual(settings.httpLongPolls, ['/socket.io/**'])
    assert.deepEqual([settings.httpEndpoints, settings.httpMetrics], [500, false])
  })

  test('are on without groups and sizes by default', () => {
    const { httpMetrics, httpStatusGroups, httpBodySizes, httpEndpoints } = settingsOf({})
    assert.deepEqual([httpMetrics, httpStatusGroups, httpBodySizes], [true, false, false])
    assert.equal(httpEndpoints, collectLimits.endpoints)
  })

  const most = collectLimits.pathPatterns
  const listOf = `a comma-separated list of up to ${most} of`
  const many = Array.from({ length: most + 1 }, (_, index) => `/p${index}`).join(',')
  const rows: readonly (readonly [name: string, text: string, allowed: string])[] = [
    ['GUNICORN_HTTP_EXCLUDE', 'healthz', `${listOf}: ${patternForm}`],
    ['GUNICORN_HTTP_EXCLUDE', '/**/a', `${listOf}: ${patternForm}`],
    ['GUNICORN_HTTP_LONG_POLLS', many, `${listOf}: ${patternForm}`],
    [
      'GUNICORN_HTTP_PATH_RULES',
      '/(a+)+$ => b',
      `${listOf}: PATTERN or PATTERN => TEMPLATE, where PATTERN is ${patternForm}`,
    ],
    ['GUNICORN_HTTP_ENDPOINTS', '0', `an integer from 1 to ${collectLimits.mostEndpoints}`],
    ['GUNICORN_HTTP_ENDPOINTS', '1001', `an integer from 1 to ${collectLimits.mostEndpoints}`],
    ['GUNICORN_HTTP_METRICS', 'some', 'true or false'],
  ]
  for (const [name, text, allowed] of rows) {
    test(`refuse ${name}=${text.slice(0, 30)}`, () => {
      const [fault = '', ...others] = faultsOf({ [name]: text })
      assert.ok(fault.startsWith(`${name} is `) && fault.includes(`allowed is ${allowed}`), fault)
      assert.deepEqual(others, [])
    })
  }
})
