import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, fetchText, freePort, preloadFlags } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { load } from '../../support/programs/load.ts'
import { startPm2 } from '../../support/programs/pm2.ts'
import { startServe } from '../../support/programs/serve.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { parsePage, select, sum } from '../../support/prometheus/page.ts'

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

for (const mode of ['cluster', 'fork'] as const) {
  test(`serve has the totals of PM2's ${mode} mode by an ecosystem file`, async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const port = await freePort()
    const instances = mode === 'cluster' ? 2 : 1
    const env = { PORT: `${port}`, PROMETHEUS_SHARED_DIR: directory }
    const options = { file: 'cluster/draining.cjs', instances, env, ecosystem: mode }
    const pm2 = await startPm2(context, options)
    if (!pm2) return
    const sidecar = await startServe({ args: ['--shared-dir', directory] })
    context.after(() => sidecar.stop())
    await eventually(() => load({ port, paths: ['/'], count: 1, connections: 1 }))
    await load({ port, paths: ['/'], count: 99, connections: 4 })
    await eventually(async () => {
      const page = await sidecar.page()
      assert.equal(sum(page, total), 100)
      assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), instances)
    })
  })
}

test("PM2's cluster mode without a shared directory gives one line", async (given) => {
  const context = latestFirst(given)
  const env = { PORT: `${await freePort()}` }
  const options = { file: 'cluster/draining.cjs', instances: 3, env, ecosystem: 'cluster' } as const
  const pm2 = await startPm2(context, options)
  if (!pm2) return
  await eventually(() => assert.equal(pm2.pids().length, 3))
  const lines = pm2
    .log()
    .split('\n')
    .filter((line) => line.startsWith('gunicorn-prometheus-exporter:'))
  assert.equal(lines.length, 1, lines.join('\n'))
  assert.match(lines[0] ?? '', /no metrics: PM2 .* Set PROMETHEUS_SHARED_DIR .*sidecar\.md#pm2/)
})

test("PM2's daemon with the preload has the page of its cluster", async (given) => {
  const context = latestFirst(given)
  const port = await freePort()
  const metricsPort = `${await freePort()}`
  const pm2 = await startPm2(context, {
    ...{ file: 'cluster/draining.cjs', instances: 2, ecosystem: 'cluster' },
    env: { PORT: `${port}` },
    daemonEnv: {
      NODE_OPTIONS: preloadFlags('require').join(' '),
      PROMETHEUS_METRICS_PORT: metricsPort,
    },
  })
  if (!pm2) return
  await eventually(() => assert.equal(pm2.pids().length, 2))
  await load({ port, paths: ['/'], count: 20, connections: 4 })
  await eventually(async () => {
    const page = parsePage(await fetchText(`http://127.0.0.1:${metricsPort}/metrics`))
    assert.equal(sum(page, total), 20)
  })
  assert.doesNotMatch(pm2.log(), /no metrics/)
})
