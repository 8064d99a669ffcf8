import assert from 'node:assert/strict'
import { test } from 'node:test'
import manifest from '../../../../package.json' with { type: 'json' }
import {
  supportedVersions,
  versionFindings,
} from '../../../../src/commands/doctor/checks/node-version.ts'
import { table } from '../../../support/doctor/judgements.ts'

table('The check of Node.js', (given: string) => versionFindings(given, 'node'), [
  ['v18.20.8', 'v18.20.8', ['node-unsupported']],
  ['v20.18.0', 'v20.18.0', ['node-unsupported']],
  ['v20.19.0', 'v20.19.0', ['node-thread-abort']],
  ['v20.20.0', 'v20.20.0', ['node-no-loader-hook']],
  ['v21.7.0', 'v21.7.0', ['node-unsupported']],
  ['v22.12.0', 'v22.12.0', ['node-unsupported']],
  ['v22.22.2', 'v22.22.2', ['node-no-loader-hook']],
  ['v22.22.3', 'v22.22.3', ['ok']],
  ['v24.11.1', 'v24.11.1', ['node-no-loader-hook']],
  ['v24.12.0', 'v24.12.0', ['ok']],
  ['v25.0.0', 'v25.0.0', ['node-no-loader-hook']],
  ['v26.1.0', 'v26.1.0', ['ok']],
])

test('The check of Node.js knows the versions of package.json', () => {
  assert.equal(supportedVersions, manifest.engines.node)
})
