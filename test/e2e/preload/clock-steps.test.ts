import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import {
  idsIn,
  oneIn,
  sendUnanswered,
  seriesValue,
  workersStatus,
} from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { type SystemClock, systemClock } from '../../support/programs/system-clock.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const hour = 3_600

describe('A step of the system’s clock', () => {
  test('back does not hide a worker that hangs', async (context) => {
    await withClock(context, { WORKERS: '2' }, async (app, clock) => {
      const port = await app.ready()
      await running(app, 2)
      sendUnanswered(port, '/hang')
      const worker_id = await oneIn(app, 'hanging')
      const age = async (): Promise<number> =>
        seriesValue(await app.page(), 'gunicorn_worker_report_age_seconds', { worker_id }) ?? 0
      await eventually(async () => assert.ok((await age()) > 4))
      clock.step(-30)
      // The clock of the exporter has stepped.
      await stepped(app, -30)
      assert.ok((await age()) > 4, `${await age()} s`)
      assert.deepEqual(idsIn(await app.page(), 'hanging'), [worker_id])
      await eventually(async () => assert.ok((await age()) > 7))
    })
  })

  test('back does not hide a worker that begins to hang afterwards', async (context) => {
    await withClock(context, { WORKERS: '1' }, async (app, clock) => {
      const port = await app.ready()
      await running(app, 1)
      clock.step(-30)
      await stepped(app, -30)
      sendUnanswered(port, '/hang')
      const worker_id = await oneIn(app, 'hanging')
      await eventually(async () => {
        const page = await app.page()
        assert.ok(sum(page, 'gunicorn_worker_report_age_seconds', { worker_id }) > 3)
      })
    })
  })

  test('forward keeps the series of a dead worker, and changes no age', async (context) => {
    await withClock(context, { WORKERS: '2' }, async (app, clock) => {
      const port = await app.ready()
      await running(app, 2)
      for (let count = 0; count < 8; count += 1) await get(port, '/')
      await eventually(async () =>
        assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 8),
      )
      const pid = Number((await get(port, '/pid')).body)
      const dead = (await workersStatus(app)).workers.find((worker) => worker.pid === pid)
      assert.ok(dead)
      process.kill(pid, 'SIGKILL')
      const ofDead = { worker_id: dead.workerId }
      await eventually(async () => {
        assert.equal((await workersStatus(app)).deaths.length, 1)
        assert.equal(select(await app.page(), 'gunicorn_worker_requests_total', ofDead).length, 1)
      })
      clock.step(2 * hour)
      await stepped(app, 2 * hour)
      assert.equal(select(await app.page(), 'gunicorn_worker_requests_total', ofDead).length, 1)
      const { workers } = await workersStatus(app)
      for (const { ageSeconds, reportAgeSeconds } of workers) {
        assert.ok(ageSeconds < hour, `${ageSeconds} s`)
        assert.ok((reportAgeSeconds ?? 0) < hour, `${reportAgeSeconds} s`)
      }
      const other = workers.find((worker) => worker.pid !== pid)
      assert.ok(other)
      process.kill(other.pid, 'SIGKILL')
      await eventually(async () => {
        const death = (await workersStatus(app)).deaths.at(-1)
        assert.equal(death?.workerId, other.workerId)
        assert.ok(death.ageSeconds < hour, `${death.ageSeconds} s`)
        assert.ok((death.reportAgeSeconds ?? 0) < hour)
      })
      assert.deepEqual(idsIn(await app.page(), 'hanging'), [])
    })
  })

  test('forward makes no single process older', async (context) => {
    await withClock(context, {}, async (app, clock) => {
      await app.ready()
      await running(app, 1)
      clock.step(2 * hour)
      await stepped(app, 2 * hour)
      const [worker] = (await workersStatus(app)).workers
      assert.ok(worker && worker.ageSeconds < hour, `${worker?.ageSeconds} s`)
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_worker_uptime_seconds') < hour)
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') < hour)
    })
  })

  test('back or forward keeps durations out of the first and the last bucket', async (context) => {
    await withClock(context, { WORKERS: '1' }, async (app, clock) => {
      const port = await app.ready()
      for (const [count, step] of [-hour, hour, 0].entries()) {
        const answer = get(port, '/block?ms=300')
        clock.step(step)
        assert.equal((await answer).status, 200)
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), count + 1)
          const total = sum(page, 'gunicorn_worker_request_duration_seconds_sum')
          assert.ok(total >= 0.3 * (count + 1) && total < 60, `${total} s`)
        })
      }
      const page = await app.page()
      const below = { le: '0.25' }
      assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_bucket', below), 0)
      assert.ok(sum(page, 'gunicorn_worker_event_loop_delay_seconds_sum') < hour)
    })
  })
})

async function withClock(
  context: TestContext,
  env: Readonly<Record<string, string>>,
  act: (app: App, clock: SystemClock) => Promise<void>,
): Promise<void> {
  const clock = systemClock(context)
  if (!clock) return
  const file = 'WORKERS' in env ? 'apps/cluster/cluster.cjs' : 'apps/single/single.cjs'
  const app = await startApp({ file, env: { ...env, ...clock.env } })
  try {
    await act(app, clock)
  } finally {
    await app.stop()
  }
}

async function running(app: App, count: number): Promise<void> {
  await eventually(async () => assert.equal(idsIn(await app.page(), 'running').length, count))
}

/** Waits until the endpoint, which dates its answers, has the clock with this offset. */
async function stepped({ metricsUrl }: App, seconds: number): Promise<void> {
  await eventually(async () => {
    const response = await fetch(metricsUrl)
    await response.arrayBuffer()
    const offset = (Date.parse(response.headers.get('date') ?? '') - Date.now()) / 1_000
    assert.ok(Math.abs(offset - seconds) < 5, `${offset} s`)
  })
}
