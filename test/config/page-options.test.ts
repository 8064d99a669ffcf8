import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../src/config/resolve/resolve.ts'
import { pageOptionsOf } from '../../src/config/settings.ts'
import { sentencesOf } from '../support/config/sentences.ts'

describe('Options of the page', () => {
  test('come from the environment', () => {
    const resolution = resolveSettings({
      environment: {
        PROMETHEUS_PREFIX: 'acme',
        PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS: '^k8s\\.',
        PROMETHEUS_WITHOUT_SCOPE_INFO: 'true',
        PROMETHEUS_WITHOUT_TARGET_INFO: 'yes',
      },
    })
    assert.ok(resolution.kind === 'settings')
    assert.deepEqual(pageOptionsOf(resolution.settings), {
      prefix: 'acme',
      withResourceConstantLabels: '^k8s\\.',
      withoutScopeInfo: true,
      withoutTargetInfo: true,
    })
  })

  for (const [variable, value, allowed] of [
    ['PROMETHEUS_PREFIX', '1st', /allowed is at most 64 letters, digits and _/],
    ['PROMETHEUS_PREFIX', 'a-b', /allowed is at most 64 letters/],
    ['PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS', '(a+)+$', /without repeated groups/],
    ['PROMETHEUS_WITH_RESOURCE_CONSTANT_LABELS', '(service', /allowed is a regular expression/],
    ['PROMETHEUS_WITHOUT_SCOPE_INFO', 'maybe', /allowed is true or false/],
  ] as const) {
    test(`are refused with the allowed values (${variable}=${value})`, () => {
      const resolution = resolveSettings({ environment: { [variable]: value } })
      assert.ok(resolution.kind === 'faults')
      assert.match(sentencesOf(resolution.faults).join('\n'), allowed)
    })
  }
})
