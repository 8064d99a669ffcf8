import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, withCluster } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'

function states(page: readonly Sample[], worker: string): Record<string, number> {
  const samples = select(page, 'gunicorn_worker_state', { worker_id: worker })
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['state'] ?? '', value]))
}

/** The worker with a counted end of this reason. */
function endedWorker(page: readonly Sample[], reason: string): string {
  const ended = select(page, 'gunicorn_worker_restart_total', { reason }).filter(
    ({ value }) => value === 1,
  )
  assert.equal(ended.length, 1)
  return ended[0]?.labels['worker_id'] ?? ''
}

async function kill(port: number, signal: NodeJS.Signals): Promise<void> {
  const { body } = await get(port, '/pid')
  // The count of this very request is in the report of the next second at the latest.
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  process.kill(Number(body), signal)
}

const ends = [
  { how: '/exit?code=0', reason: 'exit', type: 'graceful', state: 'quit' },
  { how: '/exit?code=3', reason: 'error', type: 'crash', state: 'error' },
  { how: '/throw', reason: 'error', type: 'crash', state: 'error' },
  { how: 'SIGTERM', reason: 'sigterm', type: 'forced', state: 'quit' },
  { how: 'SIGKILL', reason: 'sigkill', type: 'forced', state: 'abort' },
  { how: 'SIGABRT', reason: 'abort', type: 'forced', state: 'abort' },
] as const

for (const { how, reason, type, state } of ends) {
  test(`a worker that ends by ${how} is counted as ${reason} and replaced`, async () => {
    await withCluster({ WORKERS: '2' }, async (app, port) => {
      if (how.startsWith('/')) await get(port, how).catch(() => {})
      else await kill(port, how as NodeJS.Signals)
      await eventually(async () => {
        const page = await app.page()
        const worker = endedWorker(page, reason)
        const labels = { worker_id: worker, reason, restart_type: type }
        assert.equal(sum(page, 'gunicorn_worker_restart_count_total', labels), 1)
        assert.equal(sum(page, 'gunicorn_master_worker_restart_count_total', labels), 1)
        assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'chld' }), 1)
        assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
        const { running, ...left } = states(page, worker)
        assert.equal(running, 0)
        assert.equal(left[state], 1)
        assert.equal(
          Object.values(left).reduce((total, value) => total + value, 0),
          1,
        )
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), 2)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 2)
        // The dead worker's request is still there, and a live one has taken its place.
        assert.equal(sum(page, 'gunicorn_worker_requests_total'), 1)
        assert.equal(select(page, 'gunicorn_worker_report_age_seconds').length, 2)
      })
    })
  })
}

test('a handler that throws leaves its request counted as failed by that error', async () => {
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    await get(port, '/throw').catch(() => {})
    await eventually(async () => {
      const failed = select(await app.page(), 'gunicorn_worker_failed_requests_total')
      assert.deepEqual(
        failed.map(({ labels }) => labels['error_type']),
        ['TypeError'],
      )
      assert.equal(failed[0]?.labels['endpoint'], '/throw')
    })
  })
})

test('workers that end and are not replaced are missed', async () => {
  await withCluster({ WORKERS: '3', REFORK: 'no' }, async (app, port) => {
    await kill(port, 'SIGKILL')
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), 3)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 2)
      assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 0)
    })
  })
})
