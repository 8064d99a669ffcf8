// Bug: a new exporter thread did not learn that a worker had left the cluster. The worker has no
// channel for reports, so /readyz and /status showed the worker as hanging.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { stateLimits } from '../../../src/limits/state.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { threadEnds } from '../../support/thread-ends.ts'

test(
  'A worker that leaves does not hang after a restart of the exporter thread',
  threadEnds,
  async () => {
    const app = await startApp({ file: 'apps/cluster/leaving-exporter-thread.cjs' })
    try {
      await app.ready()
      const states = async (state: string): Promise<number> =>
        sum(await app.page(), 'gunicorn_worker_state', { state })
      await eventually(async () => assert.equal(await states('quit'), 1))
      for (let scrape = 0; scrape < 10; scrape += 1) await app.page()
      app.child.kill('SIGWINCH')
      await eventually(async () => {
        // A new thread has few scrapes.
        assert.ok(sum(await app.page(), 'gunicorn_exporter_scrapes_total') < 10)
      })
      await eventually(async () => assert.equal(await states('running'), 1))
      await sleep(2 * stateLimits.hangAfterMs)
      const page = await app.page()
      assert.equal(select(page, 'gunicorn_worker_event_loop_delay_max_seconds').length, 1)
      const ready = await fetch(new URL('/readyz', app.metricsUrl))
      assert.doesNotMatch(await ready.text(), /Hanging/)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 1)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 2)
    } finally {
      await app.stop()
    }
  },
)
