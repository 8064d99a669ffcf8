import assert from 'node:assert/strict'
import { fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, type TestContext, test } from 'node:test'
import { newEndedRequest } from '../../src/collect/counts/ended-request.ts'
import { RequestCounts } from '../../src/collect/counts/request-counts.ts'
import { RouteCounts } from '../../src/collect/counts/route-counts.ts'
import { blockAt } from '../../src/crash-file/layout.ts'
import { parseCrashFile } from '../../src/crash-file/reader.ts'
import { CrashSafeCounts, type CrashSafeCountsOptions } from '../../src/crash-file/recorder.ts'
import { CrashFile } from '../../src/crash-file/writer.ts'
import { temporaryDirectory } from '../support/programs/temporary-directory.ts'

const source = { pid: 4_711, startSeconds: 1_700_000_000, forkNumber: 3 }
const failing =
  'the crash file of this worker cannot be written, trying again; if it is killed, the worker ' +
  'loses its last second'
const failed = { method: 'GET', target: '/a', route: '/a', status: 500, errorType: 'E' }
const failedLabels = { method: 'GET', endpoint: '/a', error_type: 'E' }

describe('CrashSafeCounts', () => {
  test('writes all counts of a turn', async (context) => {
    const { counts, series, record, events } = await prepared(context)
    record()
    counts.statuses.add(200)
    counts.statuses.add(200)
    counts.statuses.add(404)
    counts.record(0.5, 10, 20)
    counts.addFailed(failed)
    counts.addHandled(failed)
    counts.end()
    await turn()
    assert.deepEqual(series(), [
      ['gunicorn_worker_requests_total', {}, 1],
      ['gunicorn_worker_request_duration_seconds', {}, [1, 0.5]],
      ['gunicorn_worker_request_size_bytes', {}, [1, 10]],
      ['gunicorn_worker_response_size_bytes', {}, [1, 20]],
      ['gunicorn_worker_responses_total', { status_code: '200' }, 2],
      ['gunicorn_worker_responses_total', { status_code: '404' }, 1],
      ['gunicorn_worker_failed_requests_total', { ...failedLabels, status_code: '500' }, 1],
      ['gunicorn_worker_error_handling_total', failedLabels, 1],
    ])
    assert.deepEqual(events, [])
  })

  test('writes each ended request at once and once before a response', async (context) => {
    const { counts, series, record, writes } = await prepared(context)
    record({ write: 'response' })
    const before = writes()
    counts.start('GET', false)
    counts.add({ ...newEndedRequest(), status: 500, errorType: 'E' })
    assert.equal(writes(), before + 1)
    assert.deepEqual(
      series().find(([name]) => name === 'gunicorn_worker_requests_total'),
      ['gunicorn_worker_requests_total', {}, 1],
    )
    counts.addHandled(failed)
    assert.equal(writes(), before + 2)
    await turn()
    assert.equal(writes(), before + 2)
  })

  test('writes the totals of later turns to the same series', async (context) => {
    const { counts, series, record } = await prepared(context)
    record()
    for (const status of [200, 500]) {
      counts.statuses.add(status)
      counts.addFailed({ ...failed, status })
      counts.addFailed({ ...failed, status: 500 })
      counts.end()
      await turn()
    }
    assert.deepEqual(
      series().filter(([, , value]) => typeof value === 'number'),
      [
        ['gunicorn_worker_requests_total', {}, 2],
        ['gunicorn_worker_responses_total', { status_code: '200' }, 1],
        ['gunicorn_worker_failed_requests_total', { ...failedLabels, status_code: '200' }, 1],
        ['gunicorn_worker_failed_requests_total', { ...failedLabels, status_code: '500' }, 3],
        ['gunicorn_worker_responses_total', { status_code: '500' }, 1],
      ],
    )
  })

  test('writes the series by route of the turns with a count', async (context) => {
    const routes = new RouteCounts({ hasSizes: true })
    const { counts, series, record } = await prepared(context, { routes })
    record()
    for (const [index, status] of [200, 500, 200].entries()) {
      const request = { ...newEndedRequest(), active: counts.start('GET', false), status }
      counts.add({ ...request, route: '/a', seconds: 0.5, requestBytes: index, responseBytes: 7 })
      await turn()
    }
    const attributes = {
      'http.request.method': 'GET',
      'http.route': '/a',
      'network.protocol.version': '1.1',
      'url.scheme': 'http',
    }
    const ok = { ...attributes, 'http.response.status_code': 200 }
    const failedOnes = { ...attributes, 'http.response.status_code': 500, 'error.type': '500' }
    assert.deepEqual(
      series().filter(([name]) => String(name).startsWith('http.')),
      [
        ['http.server.request.duration', ok, [2, 1]],
        ['http.server.request.body.size', ok, [2, 2]],
        ['http.server.response.body.size', ok, [2, 14]],
        ['http.server.request.duration', failedOnes, [1, 0.5]],
        ['http.server.request.body.size', failedOnes, [1, 1]],
        ['http.server.response.body.size', failedOnes, [1, 7]],
      ],
    )
  })

  test('writes once for each turn with a count, and not in other turns', async (context) => {
    const { counts, writes, record } = await prepared(context)
    record()
    await turn()
    assert.equal(writes(), 0)
    for (let count = 0; count < 5; count += 1) counts.end()
    await turn()
    assert.equal(writes(), 1)
    await turn()
    assert.equal(writes(), 1)
    counts.addHandled(failed)
    await turn()
    assert.equal(writes(), 2)
  })

  test('opens the file at once', async (context) => {
    const { events, record, open } = await prepared(context)
    record({
      open: () => {
        events.push('open')
        return open()
      },
    })
    assert.deepEqual(events, ['open'])
  })

  test('tries again later if no primary would read the file', async (context) => {
    const { counts, series, record, open, events } = await prepared(context)
    let attempts = 0
    record({
      pollMs: 5,
      open: () => {
        attempts += 1
        return attempts < 3 ? undefined : open()
      },
    })
    counts.end()
    await turn()
    assert.equal(attempts, 2)
    counts.end()
    await turn()
    assert.equal(attempts, 2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    counts.end()
    await turn()
    assert.equal(attempts, 3)
    assert.deepEqual(series()[0], ['gunicorn_worker_requests_total', {}, 3])
    assert.deepEqual(events, [])
  })

  test('warns once if the file cannot be opened, and opens no other at once', async (context) => {
    const { counts, record, events } = await prepared(context)
    record({
      open: () => {
        throw new Error('no space')
      },
    })
    counts.end()
    await turn()
    assert.deepEqual(events, ['crash_file', `${failing}: no space`])
  })

  test('writes all counts to a new file when the error is over', async (context) => {
    const routes = new RouteCounts({ hasSizes: false })
    const { counts, series, record, open, events } = await prepared(context, { routes })
    let attempts = 0
    record({
      retryMs: 1,
      open: () => {
        attempts += 1
        const file = open()
        if (attempts < 3) file.close()
        return file
      },
    })
    const count = (route: string): void => {
      const request = { ...newEndedRequest(), active: counts.start('GET', false), status: 200 }
      counts.add({ ...request, route, seconds: 0.5 })
    }
    for (const route of ['/a', '/b', '/c']) {
      count(route)
      await turn()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.equal(attempts, 3)
    const [first, second, third, ...others] = events
    assert.match(String(second), /loses its last second: EBADF/)
    const fault = 'crash_file'
    assert.deepEqual(
      [first, third, others],
      [fault, fault, ['the crash file of this worker is written again']],
    )
    assert.deepEqual(series()[0], ['gunicorn_worker_requests_total', {}, 3])
    const byRoute = series().filter(([name]) => name === 'http.server.request.duration')
    assert.deepEqual(
      byRoute.map(([, labels]) => (labels as Record<string, unknown>)['http.route']),
      ['/a', '/b', '/c'],
    )
    count('/c')
    await turn()
    assert.deepEqual(series()[0], ['gunicorn_worker_requests_total', {}, 4])
    assert.equal(events.length, 4)
  })

  test('closes the file after an error, and writes nothing at once', async (context) => {
    const { counts, record, events, path } = await prepared(context)
    const file = new CrashFile(openSync(path, 'w'), source, 1)
    let opened = 0
    record({
      open: () => {
        opened += 1
        // A write to a closed descriptor fails.
        file.close()
        return file
      },
    })
    counts.end()
    await turn()
    assert.equal(events[0], 'crash_file')
    assert.match(String(events[1]), /loses its last second: EBADF/)
    counts.end()
    await turn()
    assert.equal(opened, 1)
    assert.equal(events.length, 2)
  })

  test('closes the file if a write fails', async (context) => {
    const { counts, record, events, path } = await prepared(context)
    const descriptor = openSync(path, 'w')
    class FullFile extends CrashFile {
      override flush(): void {
        throw new Error('no space')
      }
    }
    record({ open: () => new FullFile(descriptor, source, 1) })
    counts.end()
    await turn()
    assert.deepEqual(events, ['crash_file', `${failing}: no space`])
    assert.throws(() => fstatSync(descriptor), { code: 'EBADF' })
  })

  test('leaves out a histogram without room, and changes no other series', async (context) => {
    const bounds = Array.from({ length: 300 }, (_, index) => index + 1)
    const { counts, series, record, events } = await prepared(context, { bounds })
    record()
    counts.statuses.add(200)
    for (let count = 0; count < 5; count += 1) counts.record(count, 10, 20)
    for (let count = 0; count < 5; count += 1) counts.end()
    await turn()
    assert.deepEqual(series(), [
      ['gunicorn_worker_requests_total', {}, 5],
      ['gunicorn_worker_request_size_bytes', {}, [5, 50]],
      ['gunicorn_worker_response_size_bytes', {}, [5, 100]],
      ['gunicorn_worker_responses_total', { status_code: '200' }, 1],
    ])
    counts.end()
    await turn()
    assert.deepEqual(events, ['crash_file_limit'])
  })
})

interface Counting {
  readonly bounds?: readonly number[]
  readonly routes?: RouteCounts
}

async function prepared(context: TestContext, { bounds = [1, 2], routes }: Counting = {}) {
  const path = join(await temporaryDirectory(context), '3.counts')
  const counts = new RequestCounts(bounds, { routes })
  const events: string[] = []
  const open = (): CrashFile => {
    const file = new CrashFile(openSync(path, 'w', 0o600), source, 1)
    context.after(() => file.close())
    return file
  }
  return {
    ...{ path, counts, events, open },
    record: (options: Partial<CrashSafeCountsOptions> = {}) =>
      new CrashSafeCounts({
        requestCounts: counts,
        open,
        onFault: (part) => events.push(part),
        warn: (text) => events.push(text),
        ...options,
      }),
    /** The name, the labels and the value of each series; of a histogram the count and the sum. */
    series: () => {
      const { metrics } = parseCrashFile(readFileSync(path)) ?? assert.fail('no crash file')
      return metrics.flatMap(({ descriptor, points }) =>
        points.map(({ attributes, value }) => [
          ...[descriptor.name, attributes],
          typeof value === 'object' ? [value.count, value.sum] : value,
        ]),
      )
    },
    /** How often the first page was written. */
    writes: () => {
      const bytes = readFileSync(path)
      const sequences = [0, 1].map((block) => bytes.readDoubleLE(blockAt(0, block) + 8))
      return Math.max(...sequences)
    },
  }
}

/** Resolves after the immediates of this turn. */
async function turn(): Promise<void> {
  for (let count = 0; count < 2; count += 1) await new Promise((resolve) => setImmediate(resolve))
}
