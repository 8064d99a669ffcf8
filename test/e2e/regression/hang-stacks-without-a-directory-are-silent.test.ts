// Bug: GUNICORN_HANG_STACKS had no effect where the directory could not be written. No line and no
// fault said so.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, withCluster } from '../../support/programs/app.ts'
import { sum } from '../../support/prometheus/page.ts'

test('Stacks without a directory are told once and counted', async () => {
  const env = { WORKERS: '2', GUNICORN_HANG_STACKS: '1', PROMETHEUS_MULTIPROC_DIR: '/proc/nope' }
  await withCluster(env, async (app) => {
    const component = 'exporter_hang_stacks'
    await eventually(async () => {
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_exporter_faults_total', { component }) >= 1)
    })
    const line =
      /a worker that hangs shows no stack: .* \(see PROMETHEUS_MULTIPROC_DIR\) \(GPE_\w+\)$/gm
    assert.equal(app.stderr().match(line)?.length, 1)
  })
})
