import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  eventually,
  nodeUnderTest,
  preloadFlags,
  startApp,
  workingDirectory,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/* The exporter thread starts in the turn of the first listen(). */

test('A process that ends in the turn of its listen() still shares metrics', (context) => {
  const parent = mkdtempSync(join(tmpdir(), 'first-turn-'))
  context.after(() => rmSync(parent, { recursive: true }))
  const directory = join(parent, 'shared')
  mkdirSync(directory, { mode: 0o700 })
  const text = "require('node:http').createServer().listen(0, () => process.exit())"
  execFileSync(nodeUnderTest, [...preloadFlags('require'), '-e', text], {
    cwd: workingDirectory,
    env: { PROMETHEUS_METRICS_PORT: '0', PROMETHEUS_SHARED_DIR: directory },
  })
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
  assert.equal(files.filter((file) => file.isFile()).length, 1)
})

test('A process that listens and forks in one turn has its server and its worker', async () => {
  const app = await startApp({ file: 'apps/cluster/listening-primary.cjs' })
  try {
    const port = await app.ready()
    for (let count = 0; count < 3; count += 1) await get(port, '/')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 1)
    })
    assert.equal(app.stderr(), '')
  } finally {
    await app.stop()
  }
})
