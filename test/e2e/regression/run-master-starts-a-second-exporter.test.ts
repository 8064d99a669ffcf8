// A preloaded process that listened before it called runMaster() got a second exporter thread. The
// second thread wanted the port of the first, and the page never showed the workers.
import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { eventually, fixtures, startApp } from '../../support/programs/app.ts'
import { command } from '../../support/programs/master.ts'
import { sum } from '../../support/prometheus/page.ts'

test('runMaster keeps the exporter of a process that listens already', async () => {
  const entry = join(dirname(command), 'run-master.mjs')
  const app = await startApp({
    file: 'apps/run/listening-master.mjs',
    preload: 'require',
    args: [join(fixtures, 'apps/run/served.cjs')],
    env: { PACKAGE: pathToFileURL(entry).href, PORT: '0' },
  })
  try {
    await app.ready()
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_master_workers', { state: 'listening' }), 1)
    })
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
})
