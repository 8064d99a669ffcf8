import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { load } from '../../support/programs/load.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const total = 'gunicorn_worker_requests_total'

test('Plain processes share a directory, and a killed process keeps its counts', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const sidecar = await startServe({ args: ['--shared-dir', directory] })
  context.after(() => sidecar.stop())
  const siblings = await Promise.all(
    Array.from({ length: 4 }, async () => await startSibling(directory)),
  )
  context.after(async () => {
    for (const app of siblings) await app.stop()
  })
  for (const [index, app] of siblings.entries()) await burden(app, 50 + index)
  await eventually(async () => {
    const page = await sidecar.page()
    const values = select(page, total).map(({ value }) => value)
    assert.deepEqual(values.sort(), [50, 51, 52, 53])
  })
  for (const app of siblings) {
    assert.equal(app.stderr(), '')
    await assert.rejects(fetch(app.metricsUrl))
  }
  const [victim, ...others] = siblings
  await victim?.stop()
  for (const app of others) await burden(app, 10)
  await eventually(async () => {
    const page = await sidecar.page()
    assert.equal(sum(page, total), 50 + 51 + 52 + 53 + 30)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'stale' }), 1)
    assert.equal(sum(page, 'gunicorn_sidecar_instances', { state: 'live' }), 3)
  })
})

async function startSibling(directory: string): Promise<App> {
  // All processes have the same port in their settings.
  const env = { PROMETHEUS_SHARED_DIR: directory, PROMETHEUS_METRICS_PORT: '19091' }
  const app = await startApp({ file: 'apps/single/single.cjs', env })
  await app.ready()
  return app
}

async function burden(app: App, count: number): Promise<void> {
  await load({ port: await app.ready(), paths: ['/'], count, connections: 4 })
}
