// Bug: a launcher listened on a pipe for its program. The preload took the launcher for a server,
// and the launcher bound the metrics port.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

test('A launcher that listens on a pipe leaves the metrics port to its program', async () => {
  const app = await startApp({ file: 'apps/single/launcher.cjs', preload: 'NODE_OPTIONS' })
  try {
    const port = await app.ready()
    for (let count = 0; count < 3; count += 1) await get(port, '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3)
      const [info] = select(page, 'gunicorn_worker_info')
      assert.notEqual(info?.labels['pid'], String(app.child.pid))
    })
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
})
