import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { withMaster } from '../../support/programs/master.ts'
import { startServe } from '../../support/programs/serve.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { sharing, startRedis } from '../../support/redis/redis.ts'

const routes = 'http_server_request_duration_seconds_count'
const workers = 4
const reloads = 3
const requestsPerReload = 3_000

test('The sums over routes are the requests sent, also through reloads', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const env = sharing(redis.port)
  await withMaster({ options: ['-w', String(workers)], env }, async (master) => {
    await master.serving(workers)
    const { port } = master
    const { completed, failures } = await underLoad({ port, connections: 8 }, async (load) => {
      for (let turn = 1; turn <= reloads; turn += 1) {
        master.signal('SIGHUP')
        await eventually(() => assert.ok(load.completed() >= turn * requestsPerReload))
        await master.serving(workers)
      }
    })
    assert.deepEqual(failures, [])
    await eventually(async () => {
      const page = await master.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), completed)
      assert.equal(sum(page, routes), completed)
      assert.equal(sum(page, 'http_server_active_requests'), 0)
    })
    const sidecar = await startServe({ env })
    context.after(() => sidecar.stop())
    await eventually(async () => assert.equal(sum(await sidecar.page(), routes), completed))
  })
})
