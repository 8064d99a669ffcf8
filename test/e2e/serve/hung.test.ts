import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { idsIn, sendUnanswered, seriesValue } from '../../support/programs/hang.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSharing } from '../../support/redis/sharing.ts'

test('serve shows a single process that hangs, from the shared directory', async (given) => {
  const context = latestFirst(given)
  const directory = await temporaryDirectory(context)
  const app = await startApp({
    file: 'apps/run/served.cjs',
    env: { PROMETHEUS_SHARED_DIR: directory },
  })
  context.after(() => app.stop())
  const port = await app.ready()
  const sidecar = await startServe({ args: ['--shared-dir', directory] })
  context.after(() => sidecar.stop())
  await eventually(async () => assert.equal(idsIn(await sidecar.page(), 'running').length, 1))
  sendUnanswered(port, '/hang')
  await eventually(async () => {
    const page = await sidecar.page()
    const [worker_id = ''] = idsIn(page, 'hanging')
    const delay = 'gunicorn_worker_event_loop_delay_max_seconds'
    assert.ok((seriesValue(page, delay, { worker_id }) ?? 0) > 2)
  })
})

test('Another primary shows a worker that hangs, by Redis', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [one, other] = await startSharing(context, redis, { number: 2 })
  assert.ok(one && other)
  const port = await one.ready()
  await eventually(async () => assert.ok(idsIn(await other.page(), 'running').length > 2))
  sendUnanswered(port, '/hang')
  await eventually(async () => {
    const own = idsIn(await one.page(), 'hanging')
    assert.equal(own.length, 1)
    assert.deepEqual(idsIn(await other.page(), 'hanging'), own)
  })
})
