import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { threadEnds } from '../../support/thread-ends.ts'

test(
  'A crashed exporter thread starts again and gets all values from all processes',
  threadEnds,
  async () => {
    const app = await startApp({ file: 'apps/cluster/ending-exporter-thread.cjs' })
    try {
      const port = await app.ready()
      await load({ port, paths: ['/'], count: 40, connections: 8 })
      const counts = async (): Promise<void> => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 40)
        assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), 40)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 2)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
      }
      await eventually(counts)
      for (let death = 1; death <= 2; death += 1) {
        for (let scrape = 0; scrape < 10; scrape += 1) await app.page()
        app.child.kill('SIGWINCH')
        await eventually(async () => {
          const page = await app.page()
          // A new thread has few scrapes.
          assert.ok(sum(page, 'gunicorn_exporter_scrapes_total') < 10)
          assert.equal(
            sum(page, 'gunicorn_exporter_faults_total', { component: 'exporter_thread' }),
            1,
          )
        })
        await eventually(counts)
      }
      assert.match(app.stderr(), /^gunicorn-prometheus-exporter: the exporter thread ended/)
    } finally {
      await app.stop()
    }
  },
)
