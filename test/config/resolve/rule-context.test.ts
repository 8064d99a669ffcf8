import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolvedOf, resolveSettings } from '../../../src/config/resolve/resolve.ts'
import { RuleContext } from '../../../src/config/resolve/rule-context.ts'

const flags = { 'hang-stacks': '5' }

test('RuleContext names a missing setting as a flag beside a flag', () => {
  const { settings, origins } = resolvedOf(resolveSettings({ flags, environment: {} }))
  const known = { settings, origins, unknown: new Set<never>(), idle: new Set<never>() }
  const context = new RuleContext(known)
  assert.equal(context.missing('multiprocDir', 'hangStackSeconds'), '--multiproc-dir')
  // `runMaster` takes the flags as properties of an object.
  const inCode = new RuleContext({ ...known, flagName: (flag) => `options.${flag}` })
  assert.equal(inCode.missing('multiprocDir', 'hangStackSeconds'), 'options.multiproc-dir')
})
