import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { isAlive, ownLife } from '../../src/relay/life.ts'

test('a process is alive until it has ended; another with its pid is another', async () => {
  const own = ownLife()
  assert.equal(isAlive(own), true)
  assert.equal(isAlive({ ...own, machine: 'another' }), undefined)
  if (process.platform === 'linux') assert.equal(isAlive({ ...own, ticks: '1' }), false)
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)'])
  const life = { ...own, pid: child.pid ?? 0, ticks: '' }
  assert.equal(isAlive(life), true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(isAlive(life), false)
})
