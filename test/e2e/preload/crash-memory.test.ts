import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { memoriesOf } from '../../support/crash-file/memories-of.ts'
import { withoutAddon } from '../../support/crash-file/without-addon.ts'
import { crashFiles } from '../../support/crash-file/written-requests.ts'
import { eventually, withCluster } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, sum } from '../../support/prometheus/page.ts'

const directory = mkdtempSync(join(tmpdir(), 'crash-memory-'))
after(() => rmSync(directory, { recursive: true }))

const skip = withoutAddon

describe('what a worker has counted in memory is there when it dies at once by', { skip }, () => {
  for (const signal of ['SIGKILL', 'SIGABRT', 'SIGSEGV', 'SIGTERM'] as const) {
    test(signal, async () => {
      const env = {
        WORKERS: '1',
        PROMETHEUS_MULTIPROC_DIR: directory,
        // A client can have the answer before a count behind the answer.
        GUNICORN_CRASH_FILES: 'response',
      }
      await withCluster(env, async (app, port) => {
        const { body: pid } = await get(port, '/pid')
        await get(port, '/size?bytes=5000')
        const { status } = await get(port, '/fail/1')
        process.kill(Number(pid), signal)
        assert.equal(status, 500)
        await eventually(async () => assert.equal(read(await app.page()), 1))
        const page = await app.page()
        const name = (end: string): string => `gunicorn_worker_${end}`
        assert.equal(sum(page, name('requests_total')), 3)
        assert.equal(sum(page, name('responses_total'), { status_code: '200' }), 2)
        assert.equal(sum(page, name('responses_total'), { status_code: '500' }), 1)
        const failed = { endpoint: '/fail/:id', error_type: '500' }
        assert.equal(sum(page, name('failed_requests_total'), failed), 1)
        assert.equal(sum(page, name('response_size_bytes_sum')), pid.length + 5_000)
        assert.equal(sum(page, 'http_server_request_duration_seconds_count'), 3)
        assert.deepEqual(crashFiles(directory), [])
        // The memory of the replacement only.
        await eventually(() => assert.equal(memoriesOf(app.child.pid), 1))
      })
    })
  }
})

function read(page: readonly Sample[]): number {
  return sum(page, 'gunicorn_exporter_crash_files_total', { result: 'read' })
}
