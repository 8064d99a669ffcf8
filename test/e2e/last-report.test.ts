import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, startApp } from '../support/app.ts'
import { get } from '../support/load.ts'
import { sum } from '../support/page.ts'

test('a last report too large for the IPC channel arrives by file, which is removed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'last-report-'))
  const app = await startApp({
    file: 'apps/many-series.cjs',
    env: { PROMETHEUS_MULTIPROC_DIR: directory },
  })
  try {
    await get(await app.ready(), '/')
    await eventually(async () => {
      const page = await app.page()
      for (const name of ['first', 'second', 'third', 'fourth']) {
        assert.equal(sum(page, `many_${name}_total`), 1_000)
      }
    })
    assert.deepEqual(await readdir(directory), [])
  } finally {
    await app.stop()
    await rm(directory, { recursive: true })
  }
})
