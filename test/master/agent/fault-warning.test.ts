import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultWarning } from '../../../src/master/agent/fault-warning.ts'

test('The agent warns once of each part that meets an error', () => {
  const warnings: unknown[] = []
  const warn = faultWarning({ emitWarning: (text) => void warnings.push(text) })
  for (const part of ['close', 'close', 'session']) warn(part)
  assert.deepEqual(warnings, [
    'The agent of the master met an error in close. The worker goes on. (GPE_AGENT_FAULT)',
    'The agent of the master met an error in session. The worker goes on. (GPE_AGENT_FAULT)',
  ])
})

test('A warning of the agent that fails reaches no caller', () => {
  faultWarning({ emitWarning: () => assert.fail('replaced by the application') })('close')
})
