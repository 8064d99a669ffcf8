// Bug: an instrumentation that was enabled after the forks did not know the workers.

import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { GunicornInstrumentation } from '../../src/index.ts'
import { setUp } from '../support/otel/collecting-reader.ts'
import { eventually, fixtures } from '../support/programs/app.ts'

test('An instrumentation that is enabled after the forks counts the workers', async () => {
  const { reader, provider } = setUp()
  const exec = join(fixtures, 'apps/cluster/cluster.cjs')
  cluster.setupPrimary({ exec, execArgv: [] })
  const workers = [cluster.fork(), cluster.fork()] as const
  try {
    await Promise.all(workers.map((worker) => once(worker, 'listening')))
    const instrumentation = new GunicornInstrumentation()
    instrumentation.setMeterProvider(provider)
    const counts = async (): Promise<unknown> => {
      const points = await reader.values('gunicorn_master_workers')
      return Object.fromEntries(points.map(({ attributes, value }) => [attributes['state'], value]))
    }
    assert.deepEqual(await counts(), { configured: 2, live: 2, listening: 2 })
    instrumentation.disable()
    instrumentation.enable()
    assert.deepEqual(await counts(), { configured: 2, live: 2, listening: 2 })
    workers[0].process.kill('SIGKILL')
    await eventually(async () =>
      assert.deepEqual(await counts(), { configured: 2, live: 1, listening: 1 }),
    )
    const [signals] = (await reader.values('gunicorn_master_worker_restart_total')).filter(
      ({ attributes }) => attributes['reason'] === 'chld',
    )
    assert.equal(signals?.value, 1)
    instrumentation.disable()
  } finally {
    const live = Object.values(cluster.workers ?? {})
    await Promise.all(
      live.map(async (worker) => {
        worker?.process.kill('SIGKILL')
        if (worker) await once(worker, 'exit')
      }),
    )
  }
})
