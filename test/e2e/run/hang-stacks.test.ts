import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { hangStacks, hold } from '../../support/programs/hanging.ts'
import { countLines, type Master, withMaster } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

const file = 'hanging/server.cjs'
const source = String.raw`\(.*hanging/server\.cjs:\d+:\d+\)`

/** A watchdog needs a moment to start. */
async function watched(master: Master): Promise<void> {
  await eventually(async () => {
    assert.ok(sum(await master.page(), 'gunicorn_worker_uptime_seconds') >= 3)
  })
}

test('WORKER TIMEOUT names the line that held the worker, and the next worker serves', async () => {
  const options = ['-w', '1', '--timeout', '2', '--hang-stacks', '0.5']
  await withMaster({ file, options, env: { WORKERS: '0' } }, async (master) => {
    const [old] = await master.serving(1)
    await watched(master)
    assert.equal(await hold(master.port, '/forever'), 'cut')
    await eventually(() => assert.equal(countLines(master.stderr(), 'WORKER TIMEOUT'), 1))
    assert.match(master.stderr(), timeoutLine(`${old}`, `, held by forever ${source}`))
    await eventually(() => assert.ok(!master.workers().includes(old ?? 0)))
    const [next] = await master.serving(1)
    assert.notEqual(next, old)
    await eventually(() =>
      assert.match(master.stderr(), new RegExp(`ended: timeout .*; held by forever ${source}`)),
    )
  })
})

test('The log of the master names the line when a worker hangs without a timeout', async () => {
  const options = ['-w', '1', '--timeout', '0', '--log-format', 'json']
  const env = { ...hangStacks, WORKERS: '0' }
  await withMaster({ file, options, env }, async (master) => {
    await eventually(() => assert.match(master.stdout(), /^ready /m))
    const held = hold(master.port, '/spin?ms=5000')
    const fields = await eventually(() => {
      const line = master.stderr().match(/^.* hangs: .*$/m)?.[0] ?? ''
      return JSON.parse(line) as Record<string, unknown>
    })
    assert.match(String(fields['heldBy']), new RegExp(`^spin ${source}$`))
    assert.equal(fields['level'], 'error')
    assert.match(await held, /^\d+$/)
  })
})

test('WORKER TIMEOUT stays as it was where no stack is taken', async () => {
  const options = ['-w', '1', '--timeout', '2']
  await withMaster({ file, options, env: { WORKERS: '0' } }, async (master) => {
    const [old] = await master.serving(1)
    assert.equal(await hold(master.port, '/forever'), 'cut')
    await eventually(() => assert.match(master.stderr(), timeoutLine(`${old}`, '')))
  })
})

/** A whole line from its level on. */
function timeoutLine(pid: string, end: string): RegExp {
  const line = String.raw`\[CRITICAL\] WORKER TIMEOUT \(pid:${pid}\)${end} \(GPE_WORKER_TIMEOUT\)$`
  return new RegExp(line, 'm')
}
