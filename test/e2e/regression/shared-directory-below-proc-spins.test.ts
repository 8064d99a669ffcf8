// Bug: mkdir below /proc answers ENOENT for ever. The preload tried again without a pause when the
// shared directory was there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { type Belongings, latestFirst } from '../../support/programs/belongings.ts'
import { burden } from '../../support/redis/sharing.ts'

test('A shared directory that cannot be created causes one warning, and the application serves and ends', async (given) => {
  const context = latestFirst(given)
  if (process.platform !== 'linux') return context.skip('there is no /proc')
  const env = { PROMETHEUS_SHARED_DIR: '/proc/metrics', WORKERS: '0' }
  const app = await startCluster(context, env, 'pushed.cjs')
  await eventually(() => assert.match(app.stderr(), /cannot be left.*ENOENT.*\/proc\/metrics/))
  await burden([app], 10)
  app.child.kill('SIGUSR2')
  await eventually(() => assert.equal(app.child.exitCode, 3))
  assert.equal(app.stderr().match(/cannot be left/g)?.length, 1)
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
