import assert from 'node:assert/strict'
import { request } from 'node:http'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

test('a hung worker costs the scrape nothing and shows as a growing report age', async () => {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env: { WORKERS: '2' } })
  try {
    const port = await app.ready()
    for (let count = 0; count < 6; count += 1) await get(port, '/pid')
    await eventually(async () =>
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 6),
    )
    const before = await app.page()
    const hanging = request({ port, path: '/hang', agent: false }).on('error', () => {})
    hanging.end()
    const hung = await eventually(async () => {
      const ages = select(await app.page(), 'gunicorn_worker_report_age_seconds')
      const silent = ages.filter(({ value }) => value > 3)
      assert.equal(silent.length, 1)
      return silent[0]?.labels['worker_id'] ?? ''
    })
    const page = await app.page()
    assert.equal(
      sum(page, 'gunicorn_worker_requests_total', { worker_id: hung }),
      sum(before, 'gunicorn_worker_requests_total', { worker_id: hung }),
    )
    const older = sum(page, 'gunicorn_worker_report_age_seconds', { worker_id: hung })
    await eventually(async () => {
      const forkNumber = sum(await app.page(), 'gunicorn_worker_report_age_seconds', {
        worker_id: hung,
      })
      assert.ok(forkNumber > older + 1, `${forkNumber} after ${older}`)
    })
  } finally {
    await app.stop()
  }
})

test('the endpoint answers while the primary itself is blocked', async () => {
  const app = await startApp({
    file: 'apps/cluster/cluster.cjs',
    env: { WORKERS: '1', BLOCK_MS: '4000' },
  })
  try {
    await app.ready()
    await eventually(() => app.page())
    app.child.kill('SIGUSR2')
    // Blocked for four seconds: nothing of the worker arrives, and its age passes two seconds.
    await eventually(async () => {
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') > 2)
    })
    await eventually(async () => {
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') < 2)
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'usr2' }), 1)
    })
    app.child.kill('SIGHUP')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'hup' }), 1)
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'usr2' }), 1)
    })
  } finally {
    await app.stop()
  }
})
