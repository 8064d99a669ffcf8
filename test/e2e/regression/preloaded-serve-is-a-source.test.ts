// Bug: an image can preload the package into every process. `serve` then wrote its own state into
// the directory that it reads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, eventually, preloadFlags, startApp } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { burden, countsOf } from '../../support/redis/sharing.ts'

test('serve under the preload writes no state of its own', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const app = await startCluster(context, { PROMETHEUS_SHARED_DIR: directory })
  await burden([app], 20)
  const env = {
    NODE_OPTIONS: preloadFlags('require').join(' '),
    PROMETHEUS_SHARED_DIR: directory,
  }
  const sidecar = await startServe({ env })
  context.after(() => sidecar.stop())
  await eventually(async () => {
    const page = await sidecar.page()
    assert.deepEqual(countsOf(page), [20])
    // Long enough for a source that had started with it.
    assert.ok(sum(page, 'gunicorn_sidecar_reads_total', { result: 'success' }) >= 4)
  })
  assert.equal(select(await sidecar.page(), 'gunicorn_sidecar_instance_age_seconds').length, 1)
  assert.doesNotMatch(sidecar.stderr(), /gunicorn-prometheus-exporter: /)
})

async function startCluster(
  context: Belongings,
  env: Readonly<Record<string, string>>,
  file = 'cluster.cjs',
): Promise<App> {
  const app = await startApp({ file: `apps/cluster/${file}`, env })
  context.after(() => app.stop())
  await app.ready()
  return app
}
