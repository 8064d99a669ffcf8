// Bug: a histogram without room in the crash file got the offset of the first series and overwrote
// its counts.
import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { RequestCounts } from '../../src/collect/counts/request-counts.ts'
import { parseCrashFile } from '../../src/crash-file/reader.ts'
import { CrashSafeCounts } from '../../src/crash-file/recorder.ts'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { eventually } from '../support/programs/app.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const source = { pid: 4_711, startSeconds: 1_700_000_000, forkNumber: 3 }

test('A histogram without room in the crash file changes no other series', async (context) => {
  const path = join(await temporaryDirectory(context), '3.counts')
  const requestCounts = new RequestCounts(Array.from({ length: 300 }, (_, index) => index + 1))
  const calls: string[] = []
  const file = openSync(path, 'w', 0o600)
  context.after(() => closeSync(file))
  new CrashSafeCounts({
    requestCounts,
    open: () => new CrashFile(file, source, 1),
    onFault: (part) => calls.push(part),
    warn: (text) => calls.push(text),
  })
  requestCounts.statuses.add(200)
  for (let count = 0; count < 5; count += 1) requestCounts.record(count, 10, 20)
  for (let count = 0; count < 5; count += 1) requestCounts.end()
  await eventually(() => {
    const { metrics = [] } = parseCrashFile(readFileSync(path)) ?? {}
    const series = metrics.map(({ descriptor: { name }, points: [point] }) => {
      const value = point?.value
      return [name, typeof value === 'object' ? [value.count, value.sum] : value]
    })
    assert.deepEqual(Object.fromEntries(series), {
      gunicorn_worker_requests_total: 5,
      gunicorn_worker_request_size_bytes: [5, 50],
      gunicorn_worker_response_size_bytes: [5, 100],
      gunicorn_worker_responses_total: 1,
    })
  })
  assert.deepEqual(calls, ['crash_file_limit'])
})
