import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master, startMaster, withMaster } from '../../support/programs/master.ts'
import { children, namespace, namespaces } from '../../support/programs/namespaces.ts'
import { sum } from '../../support/prometheus/page.ts'
import { need, tini } from '../../support/tools.ts'

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

async function stopped(master: Master): Promise<void> {
  await master.serving(2)
  const [first = 0, ...others] = children(master.child.pid ?? 0)
  assert.deepEqual(others, [])
  assert.match(readFileSync(`/proc/${first}/status`, 'utf8'), /^NSpid:\s+\d+\s+1$/m)
  const workers = children(first)
  assert.equal(workers.length, 2)
  assert.match(master.stderr(), /\] \[1\] \[INFO\] Starting, pid 1,/)
  assert.equal(sum(await master.page(), 'gunicorn_master_workers', { state: 'live' }), 2)

  const slow = get(master.port, '/slow')
  await eventually(async () => {
    assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
  })
  process.kill(first, 'SIGTERM')
  assert.equal((await slow).status, 200)
  assert.deepEqual(await master.ended, { code: 0, signal: null })
  assert.deepEqual([first, ...workers].filter(isAlive), [])
  // The kernel kills whom a PID 1 leaves behind: here all ended by themselves, before it.
  assert.equal(master.stderr().match(/ended with code 0 \(term\)/g)?.length, 2)
  assert.deepEqual(master.workers(), [])
  assert.equal(countLines(master.stderr(), 'Shutting down: Master'), 1)
}

test('A master as PID 1 stops cleanly at TERM and leaves no process', async (context) => {
  if (need(context, namespaces()) === undefined) return
  const master = await startMaster({ starter: namespace, options: ['-w', '2'] })
  try {
    await stopped(master)
  } finally {
    await master.stop()
  }
})

const orphans = 3

/** Starts processes that lose their parent. @returns PID 1 of the master's namespace. */
async function withOrphans(master: Master): Promise<number> {
  await master.serving(1)
  const [first = 0] = children(master.child.pid ?? 0)
  for (let count = 0; count < orphans; count += 1) {
    assert.equal((await get(master.port, '/orphan')).body, 'started')
  }
  return first
}

/** Children that have ended, and for which their parent has not waited. */
function zombies(pid: number): number {
  const ended = /^State:\s+Z/m
  return children(pid).filter((child) => ended.test(readFileSync(`/proc/${child}/status`, 'utf8')))
    .length
}

test('A master as PID 1 leaves orphans of the application as zombies', async (context) => {
  if (need(context, namespaces()) === undefined) return
  const options = { starter: namespace, file: 'run/orphans.cjs', options: ['-w', '1'] }
  await withMaster(options, async (master) => {
    const first = await withOrphans(master)
    assert.match(master.stderr(), /\] \[1\] \[INFO\] Starting, pid 1,/)
    await eventually(() => assert.equal(zombies(first), orphans))
  })
})

test('An init as PID 1 waits for orphans, and passes TERM to the master', async (context) => {
  if (need(context, namespaces()) === undefined) return
  const init = need(context, tini())
  if (init === undefined) return
  const starter = [...namespace, init, '--']
  await withMaster({ starter, file: 'run/orphans.cjs', options: ['-w', '1'] }, async (master) => {
    const first = await withOrphans(master)
    // The master alone is left: every orphan has ended, and init has waited.
    await eventually(() => assert.equal(children(first).length, 1))
    assert.equal(zombies(first), 0)
    process.kill(first, 'SIGTERM')
    assert.deepEqual(await master.ended, { code: 0, signal: null })
    assert.equal(countLines(master.stderr(), 'Shutting down: Master'), 1)
  })
})
