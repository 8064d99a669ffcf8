// Bug: mkdir below /proc answers ENOENT for ever. The preload tried again without a pause when the
// shared directory was there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { burden } from '../../support/redis/sharing.ts'

test('A shared directory that cannot be created causes one warning', async (given) => {
  const context = latestFirst(given)
  if (process.platform !== 'linux') return context.skip('there is no /proc')
  const env = { PROMETHEUS_SHARED_DIR: '/proc/metrics', WORKERS: '0' }
  const app = await startApp({ file: 'apps/cluster/pushed.cjs', env })
  context.after(() => app.stop())
  await app.ready()
  await eventually(() => assert.match(app.stderr(), /cannot be written.*ENOENT.*\/proc\/metrics/))
  await burden([app], 10)
  app.child.kill('SIGUSR2')
  await eventually(() => assert.equal(app.child.exitCode, 3))
  assert.equal(app.stderr().match(/cannot be written/g)?.length, 1)
})
