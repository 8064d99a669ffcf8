import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, freePort } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { load } from '../../support/programs/load.ts'
import { startPm2 } from '../../support/programs/pm2.ts'
import { startServe } from '../../support/programs/serve.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const total = 'gunicorn_worker_requests_total'

test('serve has the totals of PM2 through a reload and a SIGKILL', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const port = await freePort()
  const env = { PORT: `${port}`, PROMETHEUS_SHARED_DIR: directory }
  const pm2 = await startPm2(context, { file: 'cluster/draining.cjs', instances: 4, env })
  if (!pm2) return
  const sidecar = await startServe({ args: ['--shared-dir', directory] })
  context.after(() => sidecar.stop())
  await eventually(() => assert.equal(pm2.pids().length, 4))
  await load({ port, paths: ['/'], count: 400, connections: 8 })
  await eventually(async () => {
    const page = await sidecar.page()
    assert.equal(sum(page, total), 400)
    assert.equal(select(page, total).length, 4)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 4)
    assert.deepEqual(
      select(page, 'gunicorn_worker_info')
        .map(({ labels }) => Number(labels['pid']))
        .sort(),
      [...pm2.pids()].sort(),
    )
  })

  const before = pm2.pids()
  const { completed, failures } = await underLoad({ port, connections: 8 }, async () => {
    pm2.run('reload', 'app')
    const after = pm2.pids()
    assert.equal(after.length, 4)
    assert.ok(!after.some((pid) => before.includes(pid)))
  })
  assert.deepEqual(failures, [])
  assert.ok(completed > 0)
  await eventually(async () => {
    const page = await sidecar.page()
    assert.equal(sum(page, total), 400 + completed)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 4)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'ended' }), 4)
  })

  const [victim = 0] = pm2.pids()
  process.kill(victim, 'SIGKILL')
  await eventually(async () => {
    const page = await sidecar.page()
    assert.equal(sum(page, total), 400 + completed)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 4)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'stale' }), 1)
  })
})
