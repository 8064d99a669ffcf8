import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, fixtures, freePort, startApp } from '../../support/programs/app.ts'
import {
  busyPercent,
  idsIn,
  oneIn,
  sendUnanswered,
  seriesValue,
} from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { select } from '../../support/prometheus/page.ts'

const needsProc = { skip: process.platform !== 'linux' && 'the system has no /proc' }

test(
  'A user’s own SDK shows a worker that hangs, with the kernel’s figures',
  needsProc,
  async () => {
    const app = await startApp({
      file: 'apps/sdk/sdk-cluster.cjs',
      preload: 'none',
      nodeArgs: ['--require', join(fixtures, 'apps/sdk/sdk.cjs')],
      env: { SDK: 'node', DATA_PORT: String(await freePort()) },
    })
    try {
      const port = await app.ready()
      for (const path of ['/buy', '/buy']) await get(port, path)
      await eventually(async () => assert.equal(idsIn(await app.page(), 'running').length, 2))
      sendUnanswered(port, '/hang')
      const worker_id = await oneIn(app, 'hanging')
      await eventually(async () => {
        const page = await app.page()
        assert.ok(
          (seriesValue(page, 'gunicorn_worker_cpu_percent', { worker_id }) ?? 0) > busyPercent,
        )
        const delay = 'gunicorn_worker_event_loop_delay_max_seconds'
        assert.ok((seriesValue(page, delay, { worker_id }) ?? 0) >= 2)
        assert.deepEqual(select(page, 'gunicorn_worker_connections', { worker_id }), [])
      })
    } finally {
      await app.stop()
    }
  },
)
