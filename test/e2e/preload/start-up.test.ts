import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

test('A taken metrics port causes one warning, and the exporter tries the port again', async () => {
  const squatter = createServer((_request, response) => response.end('mine')).listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const { port: taken } = squatter.address() as { port: number }
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_METRICS_PORT: String(taken) },
  })
  try {
    const port = await app.ready()
    assert.equal((await get(port, '/')).body, 'hello')
    const warning = /^gunicorn-prometheus-exporter: .*EADDRINUSE.*$/gm
    await eventually(() => assert.equal(app.stderr().match(warning)?.length, 1))
    squatter.closeAllConnections()
    squatter.close()
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1)
    })
    assert.equal(app.stderr().match(warning)?.length, 1)
  } finally {
    squatter.close()
    await app.stop()
  }
})

test('A configuration error is logged, and the application starts without metrics', async () => {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { PROMETHEUS_METRICS_PORT: '70000', GUNICORN_WORKER_ID: 'name' },
  })
  try {
    assert.equal((await get(await app.ready(), '/')).body, 'hello')
    assert.match(
      app.stderr(),
      /PROMETHEUS_METRICS_PORT is "70000"; allowed is a port from 0 to 65535/,
    )
    assert.match(app.stderr(), /GUNICORN_WORKER_ID is "name"; allowed is age or slot/)
  } finally {
    await app.stop()
  }
})

test('OTEL_SDK_DISABLED switches everything off, silently', async () => {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { OTEL_SDK_DISABLED: 'true' },
  })
  try {
    assert.equal((await get(await app.ready(), '/')).body, 'hello')
    await assert.rejects(app.page())
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
})

test('With GUNICORN_WORKER_ID=slot, a replacement continues the counters of a slot', async () => {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { GUNICORN_WORKER_ID: 'slot' },
  })
  try {
    const port = await app.ready()
    await get(port, '/exit?code=1')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
    })
    for (let count = 0; count < 4; count += 1) await get(port, '/')
    await eventually(async () => {
      const requests = select(await app.page(), 'gunicorn_worker_requests_total')
      const ids = requests.map(({ labels }) => labels['worker_id']).sort()
      assert.deepEqual(ids, ['worker_1', 'worker_2'])
      assert.equal(
        requests.reduce((total, { value }) => total + value, 0),
        5,
      )
    })
  } finally {
    await app.stop()
  }
})

test('A process with a child that is not a worker binds no port', async () => {
  const squatter = createServer().listen(0, '127.0.0.1')
  await once(squatter, 'listening')
  const { port: taken } = squatter.address() as { port: number }
  // An attempt to bind would cause a warning on stderr.
  const env = { PROMETHEUS_METRICS_PORT: String(taken) }
  const app = await startApp({ file: 'apps/single/child-beside.cjs', env })
  try {
    assert.deepEqual(await app.ended, { code: 0, signal: null })
    assert.equal(app.stdout(), 'done\n')
    assert.equal(app.stderr(), '')
  } finally {
    squatter.close()
  }
})

test('A server that runs child processes beside `cluster` stays one worker', async () => {
  const app = await startApp({ file: 'apps/single/child-beside.cjs', env: { SERVE: 'yes' } })
  try {
    const port = await app.ready()
    for (let count = 0; count < 3; count += 1) await get(port, '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3)
      const ids = page.map(({ labels }) => labels['worker_id']).filter((id) => id !== undefined)
      assert.equal(new Set(ids).size, 1)
      assert.match(String(ids[0]), /^worker_1_\d+$/)
      assert.deepEqual(select(page, 'gunicorn_master_workers'), [])
    })
  } finally {
    await app.stop()
  }
})
