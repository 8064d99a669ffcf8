import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

for (const [path, how] of [
  ['/exit', 'exits'],
  ['/disconnect', 'disconnects'],
] as const) {
  test(`A worker ${how} with a last report in a file, because of its size`, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'last-report-'))
    const app = await startApp({
      file: 'apps/cluster/many-series.cjs',
      env: { PROMETHEUS_MULTIPROC_DIR: directory },
    })
    try {
      await get(await app.ready(), path)
      await eventually(async () => {
        const page = await app.page()
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
        for (const name of ['first', 'second', 'third', 'fourth']) {
          assert.equal(sum(page, `many_${name}_total`), 1_000)
        }
      })
      assert.deepEqual(await reportsIn(directory), [])
    } finally {
      await app.stop()
      await rm(directory, { recursive: true })
    }
  })
}

test('a primary that ends takes its directory of last reports along', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'last-report-'))
  const env = { PROMETHEUS_MULTIPROC_DIR: directory, END: 'yes' }
  const app = await startApp({ file: 'apps/cluster/many-series.cjs', env })
  try {
    await get(await app.ready(), '/exit')
    assert.equal((await app.ended).code, 0)
    assert.deepEqual(await readdir(join(directory, String(await readdir(directory)))), [])
  } finally {
    await rm(directory, { recursive: true })
  }
})

async function reportsIn(directory: string): Promise<string[]> {
  const names = await readdir(directory, { recursive: true })
  return names.filter((name) => name.includes('report.json'))
}
