import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { resolveSettings } from '../../../src/config/resolve/resolve.ts'
import type { Settings } from '../../../src/config/settings.ts'
import {
  directorySettings,
  sharedDirectory,
} from '../../../src/share/directory/shared-directory.ts'
import { serviceSlotOf } from '../../../src/share/peers/service-slot.ts'

function settingsOf(environment: Record<string, string>): Settings {
  const resolution = resolveSettings({ environment, checksFiles: false })
  if (resolution.kind !== 'settings') throw new Error(JSON.stringify(resolution.faults))
  return resolution.settings
}

describe('The shared directory', () => {
  const cases: Record<string, readonly [Record<string, string>, string | undefined]> = {
    'is undefined by default': [{}, undefined],
    'is PROMETHEUS_SHARED_DIR': [{ PROMETHEUS_SHARED_DIR: '/shared' }, '/shared'],
    'is not PROMETHEUS_MULTIPROC_DIR without SIDECAR_MODE': [
      { PROMETHEUS_MULTIPROC_DIR: '/multi' },
      undefined,
    ],
    'is PROMETHEUS_MULTIPROC_DIR with SIDECAR_MODE': [
      { PROMETHEUS_MULTIPROC_DIR: '/multi', SIDECAR_MODE: 'true' },
      '/multi',
    ],
    'is undefined with SIDECAR_MODE alone': [{ SIDECAR_MODE: 'true' }, undefined],
    'is PROMETHEUS_SHARED_DIR rather than PROMETHEUS_MULTIPROC_DIR': [
      {
        PROMETHEUS_MULTIPROC_DIR: '/multi',
        PROMETHEUS_SHARED_DIR: '/shared',
        SIDECAR_MODE: 'true',
      },
      '/shared',
    ],
  }
  for (const [name, [environment, expected]] of Object.entries(cases)) {
    test(name, () => assert.equal(sharedDirectory(settingsOf(environment)), expected))
  }
})

describe('The settings of the shared directory', () => {
  test('have the directory and the service slot', () => {
    const settings = settingsOf({ PROMETHEUS_SHARED_DIR: '/shared' })
    const serviceSlot = serviceSlotOf(settings)
    assert.deepEqual(directorySettings(settings), {
      directory: '/shared',
      setting: 'PROMETHEUS_SHARED_DIR',
      serviceSlot,
    })
  })

  test('are undefined without a directory, or where the process shares by Redis', () => {
    assert.equal(directorySettings(settingsOf({})), undefined)
    const both = { PROMETHEUS_SHARED_DIR: '/shared', REDIS_ENABLED: 'true' }
    assert.equal(directorySettings(settingsOf(both)), undefined)
  })
})
