import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isAlive, ownProcessIdentity } from '../../../src/support/process/process-identity.ts'

test('isAlive is true until the process ends, and false for its pid afterwards', async () => {
  const own = ownProcessIdentity()
  assert.equal(isAlive(own), true)
  assert.equal(isAlive({ ...own, pidNamespace: 'another' }), undefined)
  if (process.platform === 'linux') assert.equal(isAlive({ ...own, startTicks: '1' }), false)
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'])
  const identity = { ...own, pid: child.pid ?? 0, startTicks: '' }
  assert.equal(isAlive(identity), true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(isAlive(identity), false)
})
