// Bug: the system refused a process, but Node had already created its worker object. The worker
// counted as live until the end of the primary.

import assert from 'node:assert/strict'
import cluster from 'node:cluster'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { GunicornInstrumentation } from '../../src/index.ts'
import { setUp } from '../support/otel/collecting-reader.ts'
import { eventually, fixtures } from '../support/programs/app.ts'

test('A worker without a process does not count as a worker', async () => {
  const { reader, provider } = setUp()
  const instrumentation = new GunicornInstrumentation()
  instrumentation.setMeterProvider(provider)
  const exec = join(fixtures, 'apps/cluster/cluster.cjs')
  cluster.setupPrimary({ exec, execArgv: [] })
  const worker = cluster.fork()
  await once(worker, 'listening')
  try {
    // The option is documented, but missing in @types/node.
    cluster.setupPrimary({ cwd: join(fixtures, 'nowhere') } as object)
    const none = cluster.fork()
    await once(none, 'error').catch(() => {})
    const live = async (): Promise<unknown> => {
      const points = await reader.values('gunicorn_master_workers')
      return points.find(({ attributes }) => attributes['state'] === 'live')?.value
    }
    await eventually(async () => assert.equal(await live(), 1))
    assert.equal(none.process.pid, undefined)
  } finally {
    instrumentation.disable()
    cluster.setupPrimary({ cwd: undefined } as object)
    worker.process.kill('SIGKILL')
    await once(worker, 'exit')
  }
})
