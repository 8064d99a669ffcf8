import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PageDocuments } from '../../../../src/commands/top/source/page-document.ts'
import { parsePageText } from '../../../../src/commands/top/source/page-text.ts'
import type { TopDocument } from '../../../../src/commands/top/source/reading.ts'
import { withStatus } from '../../../../src/commands/top/source/status-document.ts'

/** The documents of pages that are two seconds apart. */
function documents(...pages: readonly string[]): TopDocument[] {
  const made = new PageDocuments()
  return pages.map((page, index) =>
    made.document(parsePageText(`# TYPE a gauge\n${page}`) ?? [], 2_000 * index),
  )
}

function page(requests: number, errors: number, slow: number): string {
  const route = 'http_request_method="GET",http_route="/a"'
  const name = 'http_server_request_duration_seconds'
  const failed = 'gunicorn_worker_failed_requests_total'
  const duration = 'gunicorn_worker_request_duration_seconds_bucket'
  return `
target_info{service_name="shop"} 1
gunicorn_master_workers{state="configured"} 3
gunicorn_worker_info{worker_id="worker_1_9",pid="71",node_version="24"} 1
gunicorn_worker_state{worker_id="worker_1_9",state="running",timestamp="1"} 0
gunicorn_worker_state{worker_id="worker_1_9",state="hanging",timestamp="2"} 1
gunicorn_worker_state{worker_id="worker_2_9",state="running",timestamp="1"} 1
gunicorn_worker_state{worker_id="worker_0_9",state="quit",timestamp="1"} 1
gunicorn_worker_uptime_seconds{worker_id="worker_1_9"} 60
gunicorn_worker_report_age_seconds{worker_id="worker_1_9"} 7
gunicorn_worker_report_age_seconds{worker_id="worker_2_9"} 0.2
gunicorn_worker_listening{worker_id="worker_2_9"} 0
gunicorn_worker_requests_total{worker_id="worker_1_9"} 5
gunicorn_worker_requests_total{worker_id="worker_2_9"} ${requests}
${failed}{worker_id="worker_2_9",status_code="404"} ${requests}
${failed}{worker_id="worker_2_9",error_type="TypeError",status_code="500"} ${errors}
${duration}{worker_id="worker_2_9",le="0.1"} ${requests - slow}
${duration}{worker_id="worker_2_9",le="0.2"} ${requests}
${duration}{worker_id="worker_2_9",le="+Inf"} ${requests}
${name}_count{${route},http_response_status_code="200"} ${requests - errors}
${name}_count{${route},http_response_status_code="500",error_type="TypeError"} ${errors}
${name}_bucket{${route},le="0.1"} ${requests - slow}
${name}_bucket{${route},le="+Inf"} ${requests}`
}

describe('A document of /metrics', () => {
  const [first, second] = documents(page(10, 0, 0), page(30, 4, 20))

  test('has the live workers with their states', () => {
    assert.equal(first?.title, 'shop')
    const workers = first?.workers.map(({ workerId, pid, state, listening, hang }) => {
      return [workerId, pid, state, listening, hang?.seconds]
    })
    assert.deepEqual(workers, [
      ['worker_1_9', 71, 'hanging', true, 7],
      ['worker_2_9', null, 'running', false, undefined],
    ])
    assert.deepEqual(first?.headline.workers, {
      ...{ live: 2, listening: 0, hanging: 1, stopped: 0, wanted: 3 },
    })
  })

  test('has rates from the second page on', () => {
    assert.equal(first?.headline.requestsPerSecond, null)
    assert.equal(second?.headline.requestsPerSecond, 10)
    assert.equal(second?.headline.errorsPerSecond, 2)
    assert.equal(second?.workers[1]?.requestsPerSecond, 10)
    // All 20 requests since the first page were slow.
    assert.equal(second?.headline.p50?.toFixed(6), '0.150000')
    const [, other] = documents(page(10, 0, 0), page(3, 0, 0))
    // Counts that fell are of a process that started at 0.
    assert.equal(other?.headline.requestsPerSecond, 1.5)
  })

  test('has routes with errors by class', () => {
    const [route] = second?.routes ?? []
    assert.deepEqual(
      [route?.method, route?.route, route?.requests, route?.requestsPerSecond, route?.errors],
      ['GET', '/a', 30, 10, 4],
    )
    assert.deepEqual(route?.errorTypes, [{ errorType: 'TypeError', count: 4 }])
  })

  test('has one sample of history for each page', () => {
    assert.deepEqual([first?.history.last, second?.history.last], [1, 2])
    assert.deepEqual(second?.history.rates['2xx'], [8])
    assert.deepEqual(second?.history.workers['worker_2_9']?.requestsPerSecond, [10])
  })
})

test('A document of a Python page has the pid of the gauges, and the age by the id', () => {
  const start = Math.floor(Date.now() / 1_000) - 500
  const worker = `pid="8821",worker_id="worker_2_${start}"`
  const [document] = documents(`
gunicorn_master_worker_restart_total{reason="chld"} 1.0
gunicorn_master_worker_restart_total{reason="chld"} 1.0
gunicorn_worker_memory_bytes{${worker}} 3.1e+07
gunicorn_worker_uptime_seconds{${worker}} 6.05
gunicorn_worker_state{${worker},state="running",timestamp="1795944054"} 1.0
gunicorn_worker_requests_total{worker_id="worker_2_${start}"} 4.0
gunicorn_worker_failed_requests_total{endpoint="/e",error_type="ValueError",method="GET"} 1.0`)
  const [only] = document?.workers ?? []
  assert.deepEqual([document?.kind, only?.pid, only?.memoryBytes], ['cluster', 8_821, 3.1e7])
  assert.ok((only?.ageSeconds ?? 0) >= 500)
  const [route] = document?.routes ?? []
  assert.deepEqual([route?.route, route?.requests, route?.errors], ['/e', null, 1])
})

describe('A document with /status', () => {
  const status = {
    version: '0.1.0',
    uptimeSeconds: 70,
    exporter: {},
    workers: [
      { workerId: 'worker_1_9', hang: { state: 'hanging', seconds: 9, heldBy: 'f', stack: 's' } },
      {
        workerId: 'worker_2_9',
        pid: 72,
        hang: { state: 'hanging', seconds: 1, details: 'hidden: x' },
      },
    ],
    deaths: [
      { workerId: 'worker_0_9', exitCode: 1, endedAt: '2026-11-21T10:25:00.000Z', reason: 'error' },
    ],
  }

  test('has pids, stacks, deaths, and why stacks are hidden', () => {
    const [document] = documents(page(1, 0, 0)).map((each) => withStatus(each, status))
    const [one, two] = document?.workers ?? []
    assert.deepEqual([one?.pid, one?.hang?.stack, two?.pid], [71, 's', 72])
    const [death] = document?.deaths ?? []
    assert.deepEqual([death?.end, death?.endedAt], ['code 1', Date.UTC(2026, 10, 21, 10, 25)])
    assert.deepEqual([document?.hidden, document?.uptimeSeconds], ['hidden: x', 70])
  })

  test('is the document of the page where another server answers', () => {
    const [document] = documents(page(1, 0, 0))
    assert.ok(document)
    for (const other of [undefined, [], 'ok', { workers: [] }]) {
      assert.equal(withStatus(document, other), document)
    }
  })

  test('has the instances of a sidecar', () => {
    const sources = [{ instance: 'shop-1', state: 'live', ageSeconds: 1 }]
    const origins = [{ name: 'redis', sources }]
    const [document] = documents('').map((each) => withStatus(each, { exporter: {}, origins }))
    assert.deepEqual(
      document?.instances.map(({ instance, origin }) => [instance, origin]),
      [['shop-1', 'redis']],
    )
  })
})
