import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolvedOf, resolveSettings } from '../../src/config/resolve/resolve.ts'
import type { Settings } from '../../src/config/settings.ts'
import { collectLimits } from '../../src/limits/collect.ts'
import { patternForm, templateForm } from '../../src/model/route/path-pattern.ts'
import { sentencesOf } from '../support/config/sentences.ts'

function settingsOf(environment: Record<string, string>): Settings {
  const resolution = resolveSettings({ environment })
  if (resolution.kind === 'settings') return resolution.settings
  return assert.fail(sentencesOf(resolution.faults).join(' '))
}

function faultsOf(environment: Record<string, string>): readonly string[] {
  const resolution = resolveSettings({ environment })
  return resolution.kind === 'settings' ? [] : sentencesOf(resolution.faults)
}

function notesOf(environment: Record<string, string>): readonly string[] {
  return sentencesOf(resolvedOf(resolveSettings({ environment })).notes)
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

  test('take methods in upper and lower case', () => {
    const { httpExcludeMethods } = settingsOf({ GUNICORN_HTTP_EXCLUDE_METHODS: 'options,Head' })
    assert.deepEqual(httpExcludeMethods, ['OPTIONS', 'HEAD'])
  })

  const unused = {
    GUNICORN_HTTP_BODY_SIZES: 'true',
    GUNICORN_HTTP_STATUS_GROUPS: 'true',
    GUNICORN_HTTP_EXCLUDE_METHODS: 'HEAD',
  }

  test('without an effect have a note if the metrics by route are off', () => {
    const endpoints = { GUNICORN_HTTP_GRAPHQL: 'true', GUNICORN_HTTP_LONG_POLLS: '/poll' }
    assert.deepEqual(
      notesOf({ ...unused, ...endpoints, GUNICORN_HTTP_METRICS: 'off' }),
      Object.keys(unused).map(
        (name) => `${name} has no effect, because GUNICORN_HTTP_METRICS is off.`,
      ),
    )
  })

  test('have no note if they are off, or if the metrics by route are on', () => {
    assert.deepEqual(notesOf(unused), [])
    const off = { GUNICORN_HTTP_METRICS: 'off', GUNICORN_HTTP_BODY_SIZES: 'off' }
    assert.deepEqual(notesOf(off), [])
  })

  test('are on without groups and sizes by default', () => {
    const { httpMetrics, httpStatusGroups, httpBodySizes, httpEndpoints } = settingsOf({})
    assert.deepEqual([httpMetrics, httpStatusGroups, httpBodySizes], [true, false, false])
    assert.equal(httpEndpoints, collectLimits.endpoints)
  })

  const most = collectLimits.pathPatterns
  const listOf = `a comma-separated list of up to ${most} of`
  const ruleForm =
    `PATTERN or PATTERN => TEMPLATE, where PATTERN is ${patternForm}, ` +
    `and TEMPLATE ${templateForm}`
  const many = Array.from({ length: most + 1 }, (_, index) => `/p${index}`).join(',')
  const rows: readonly (readonly [name: string, text: string, allowed: string])[] = [
    ['GUNICORN_HTTP_EXCLUDE', 'healthz', `${listOf}: ${patternForm}`],
    ['GUNICORN_HTTP_EXCLUDE', '/**/a', `${listOf}: ${patternForm}`],
    ['GUNICORN_HTTP_LONG_POLLS', many, `${listOf}: ${patternForm}`],
    ['GUNICORN_HTTP_PATH_RULES', '/(a+)+$ => b', `${listOf}: ${ruleForm}`],
    ['GUNICORN_HTTP_PATH_RULES', '/a => b', `${listOf}: ${ruleForm}`],
    ['GUNICORN_HTTP_PATH_RULES', '/x/** => /**', `${listOf}: ${ruleForm}`],
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
