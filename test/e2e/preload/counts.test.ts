import assert from 'node:assert/strict'
import { test } from 'node:test'
import { collectLimits } from '../../../src/limits/collect.ts'
import { durationBounds, sizeBounds } from '../../../src/model/catalog/bounds.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { load } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

const bodySizes = [0, 1_000, 1_024, 1_025, 70_000]
const paths = [
  ...bodySizes.map((bytes) => `/size?bytes=${bytes}`),
  '/status?code=404',
  '/status?code=503',
]

test('every response of a load over four workers is counted, once, in every metric', async () => {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env: { WORKERS: '4' } })
  try {
    const count = paths.length * 600
    const statuses = await load({ port: await app.ready(), paths, count, connections: 16 })
    assert.deepEqual(Object.fromEntries(statuses), { 200: 3_000, 404: 600, 503: 600 })
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_requests_total'), count)
      assert.equal(sum(page, 'gunicorn_worker_responses_total', { status_code: '200' }), 3_000)
      assert.equal(sum(page, 'gunicorn_worker_responses_total', { status_code: '404' }), 600)
      assert.equal(sum(page, 'gunicorn_worker_failed_requests_total', { status_code: '503' }), 600)
      assert.equal(sum(page, 'gunicorn_worker_failed_requests_total'), 1_200)
      assertHistogram(page, {
        name: 'gunicorn_worker_request_duration_seconds',
        count,
        bounds: durationBounds,
      })
      assertHistogram(page, {
        name: 'gunicorn_worker_request_size_bytes',
        count,
        bounds: sizeBounds,
      })
      assertHistogram(page, {
        name: 'gunicorn_worker_response_size_bytes',
        count,
        bounds: sizeBounds,
      })
      assertSizes(page)
      assert.equal(sum(page, 'gunicorn_worker_requests_in_flight'), 0)
      assert.equal(select(page, 'gunicorn_worker_requests_total').length, 4)
    })
  } finally {
    await app.stop()
  }
})

/** Counts agree, and the buckets of every worker rise to its count. */
function assertHistogram(
  page: Sample[],
  { name, count, bounds }: { name: string; count: number; bounds: readonly number[] },
): void {
  assert.equal(sum(page, `${name}_count`), count)
  assert.equal(sum(page, `${name}_bucket`, { le: '+Inf' }), count)
  for (const { labels, value } of select(page, `${name}_count`)) {
    const buckets = select(page, `${name}_bucket`, { worker_id: labels['worker_id'] ?? '' })
    assert.deepEqual(
      buckets.map((bucket) => Number(bucket.labels['le']?.replace('+Inf', 'Infinity'))),
      [...bounds, Infinity],
    )
    const values = buckets.map((bucket) => bucket.value)
    assert.deepEqual(
      values,
      values.toSorted((left, right) => left - right),
    )
    assert.equal(values.at(-1), value)
  }
}

function assertSizes(page: Sample[]): void {
  const name = 'gunicorn_worker_response_size_bytes'
  const bodies = 600 * bodySizes.reduce((total, bytes) => total + bytes, 0)
  assert.equal(sum(page, `${name}_sum`), bodies)
  assert.equal(sum(page, `${name}_bucket`, { le: '1024.0' }), 600 * 5)
  assert.equal(sum(page, `${name}_bucket`, { le: '4096.0' }), 600 * 6)
  assert.equal(sum(page, `${name}_bucket`, { le: '65536.0' }), 600 * 6)
  assert.equal(sum(page, `${name}_bucket`, { le: '262144.0' }), 600 * 7)
}

test('A scanner of random paths and methods adds no series and no labels in memory', async () => {
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env: { WORKERS: '1' } })
  try {
    const port = await app.ready()
    const random = Array.from({ length: 3_000 }, (_, index) => (index * 7_919).toString(36))
    const paths = random.flatMap((text, index) => [
      `/status?code=500&${text}`,
      `/scan${index}x/${text}`,
      `/echo/${index}/items/${index * 3}`,
      `/fail/${text}x`,
    ])
    // Of five methods and four kinds of paths, each meets each.
    const methods = ['GET', 'POST', 'PURGE', 'PROPFIND', 'DELETE']
    await load({ port, paths, methods, count: 12_000, connections: 8 })
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_worker_failed_requests_total'), 12_000)
      const failed = select(page, 'gunicorn_worker_failed_requests_total')
      const endpoints = new Set(failed.map(({ labels }) => labels['endpoint']))
      assert.ok(endpoints.size <= collectLimits.foldedPaths + 2)
      for (const name of ['/status', '_UNMATCHED', '_OTHER']) assert.ok(endpoints.has(name), name)
      assert.ok(failed.length <= collectLimits.errorSeries + 2, `${failed.length} series`)
      const folded = { reason: 'paths_limit' }
      assert.ok(sum(page, 'gunicorn_exporter_dropped_series_total', folded) > 1_000)
    })
  } finally {
    await app.stop()
  }
})
