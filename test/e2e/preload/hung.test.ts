import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, eventually, startApp, withCluster } from '../../support/programs/app.ts'
import {
  busyPercent,
  idsIn,
  oneIn,
  probe,
  sendUnanswered,
  seriesValue,
  workersStatus,
} from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { namespaces } from '../../support/programs/namespaces.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { need } from '../../support/tools.ts'

const needsProc = { skip: process.platform !== 'linux' && 'the system has no /proc' }

/** Gauges that only the worker can tell. */
const ownGauges = ['requests_in_flight', 'connections', 'heap_used_bytes', 'active_resources']

describe('A worker in an endless loop', () => {
  test('shows its silence, and the figures of the kernel', needsProc, async () => {
    await withCluster({ WORKERS: '2' }, async (app, port) => {
      for (let count = 0; count < 6; count += 1) await get(port, '/pid')
      await eventually(async () =>
        assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 6),
      )
      const before = await app.page()
      sendUnanswered(port, '/hang')
      const worker_id = await oneIn(app, 'hanging')
      // The use of the processor needs two readings.
      const page = await eventually(async () => {
        const shown = await app.page()
        assert.ok(cpuOf(shown, worker_id) > busyPercent, `${cpuOf(shown, worker_id)} %`)
        return shown
      })
      const value = (name: string): number => sum(page, `gunicorn_worker_${name}`, { worker_id })
      assert.ok(value('memory_bytes') > 10e6)
      assert.equal(value('event_loop_utilization_ratio'), 1)
      const age = value('report_age_seconds')
      assert.ok(age >= 2, `${age} s`)
      assert.ok(value('event_loop_delay_max_seconds') >= age)
      assert.ok(value('uptime_seconds') > age)
      for (const name of ownGauges) {
        assert.deepEqual(select(page, `gunicorn_worker_${name}`, { worker_id }), [])
      }
      for (const name of ['gunicorn_worker_requests_total', 'gunicorn_worker_start_time_seconds']) {
        assert.equal(sum(page, name, { worker_id }), sum(before, name, { worker_id }))
      }
      const states = select(page, 'gunicorn_worker_state', { worker_id })
      assert.deepEqual(
        states.map(({ labels, value: is }) => [labels['state'], is]),
        [
          ['running', 0],
          ['hanging', 1],
        ],
      )
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), 1)
      await eventually(async () => {
        const later = await app.page()
        assert.ok(sum(later, 'gunicorn_worker_report_age_seconds', { worker_id }) > age + 1)
        const cpu = sum(later, 'gunicorn_worker_cpu_seconds_total', { worker_id })
        assert.ok(cpu > value('cpu_seconds_total'))
      })
    })
  })

  test('is on /status and /readyz, and in its death record and log line', needsProc, async () => {
    await withCluster({ WORKERS: '1', DIAG: 'on' }, async (app, port) => {
      const ready = await eventually(async () => {
        const answer = await probe(app, '/readyz')
        assert.equal(answer[0], 200)
        return answer
      })
      assert.deepEqual(ready, [200, 'Listening: 1 of 1 workers.'])
      sendUnanswered(port, '/hang')
      const workerId = await oneIn(app, 'hanging')
      const worker = await eventually(async () => {
        const [found] = (await workersStatus(app)).workers
        assert.ok((found?.kernel?.cpuPercent ?? 0) > busyPercent)
        return found
      })
      assert.equal(worker?.workerId, workerId)
      assert.equal(worker.state, 'hanging')
      assert.equal(worker.kernel?.processState, 'R')
      assert.equal(worker.listening, false)
      assert.equal(worker.hang?.state, 'hanging')
      assert.equal(worker.hang.seconds, worker.reportAgeSeconds)
      const sinceMs = Date.now() - Date.parse(worker.stateSince)
      assert.ok(Math.abs(sinceMs - 1_000 * (worker.reportAgeSeconds ?? 0)) < 2_000, `${sinceMs} ms`)
      assert.deepEqual(await probe(app, '/readyz'), [
        503,
        'No worker listens: 0 of 1 workers. Hanging: 1.',
      ])
      assert.equal((await probe(app, '/healthz'))[0], 200)
      process.kill(worker.pid, 'SIGKILL')
      const death = await eventually(async () => {
        const [found] = (await workersStatus(app)).deaths
        assert.ok(found)
        return found
      })
      assert.equal(death.hang?.state, 'hanging')
      assert.ok(death.hang.seconds >= worker.hang.seconds)
      assert.ok((death.cpuPercent ?? 0) > busyPercent, `${death.cpuPercent} %`)
      assert.ok((death.eventLoopDelayMaxSeconds ?? 0) >= death.hang.seconds)
      const line = /ended: sigkill .* hung for \d+(?:\.\d+)? s, .*, CPU \d+\.\d %, event loop delay/
      await eventually(() => assert.match(`${app.stdout()}${app.stderr()}`, line))
    })
  })

  test('runs again after its next report', async () => {
    await withCluster({ WORKERS: '1' }, async (app, port) => {
      await oneIn(app, 'running')
      const [before] = select(await app.page(), 'gunicorn_worker_state')
      const answer = get(port, '/block?ms=4000')
      const worker_id = await oneIn(app, 'hanging')
      assert.equal((await answer).status, 200)
      assert.equal(await oneIn(app, 'running'), worker_id)
      const page = await app.page()
      assert.deepEqual(
        select(page, 'gunicorn_worker_state', { worker_id, state: 'running' }),
        before && [before],
      )
      assert.equal(seriesValue(page, 'gunicorn_worker_connections', { worker_id }), 0)
      assert.equal((await probe(app, '/readyz'))[0], 200)
      assert.equal((await workersStatus(app)).workers[0]?.hang, null)
    })
  })
})

test('A worker in a synchronous sleep hangs without CPU time', needsProc, async () => {
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    await oneIn(app, 'running')
    sendUnanswered(port, '/sleep')
    const worker_id = await oneIn(app, 'hanging')
    await eventually(async () => {
      const page = await app.page()
      const percent = seriesValue(page, 'gunicorn_worker_cpu_percent', { worker_id })
      assert.ok(percent !== undefined && percent < busyPercent, `${percent} %`)
      assert.equal(
        seriesValue(page, 'gunicorn_worker_event_loop_utilization_ratio', { worker_id }),
        1,
      )
      assert.equal((await workersStatus(app)).workers[0]?.kernel?.processState, 'S')
    })
  })
})

test('A stopped worker is told apart, and runs again when it continues', needsProc, async () => {
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    const worker_id = await oneIn(app, 'running')
    const pid = Number((await get(port, '/pid')).body)
    process.kill(pid, 'SIGSTOP')
    assert.equal(await oneIn(app, 'stopped'), worker_id)
    const page = await app.page()
    assert.deepEqual(idsIn(page, 'hanging'), [])
    assert.equal(
      seriesValue(page, 'gunicorn_worker_event_loop_utilization_ratio', { worker_id }),
      undefined,
    )
    assert.equal((await workersStatus(app)).workers[0]?.kernel?.processState, 'T')
    assert.equal((await probe(app, '/readyz'))[0], 503)
    process.kill(pid, 'SIGCONT')
    assert.equal(await oneIn(app, 'running'), worker_id)
    process.kill(pid, 'SIGSTOP')
    await oneIn(app, 'stopped')
    process.kill(pid, 'SIGKILL')
    await eventually(async () => {
      const [death] = (await workersStatus(app)).deaths
      assert.equal(death?.hang?.state, 'stopped')
    })
  })
})

test(
  'A single process that hangs is not ready, and its exporter thread tells',
  needsProc,
  async () => {
    const app = await startApp({ file: 'apps/run/served.cjs' })
    try {
      const port = await app.ready()
      const worker_id = await oneIn(app, 'running')
      assert.equal((await probe(app, '/readyz'))[0], 200)
      sendUnanswered(port, '/hang')
      assert.equal(await oneIn(app, 'hanging'), worker_id)
      assert.deepEqual(await probe(app, '/readyz'), [
        503,
        'The event loop of this process stands still.',
      ])
      assert.equal((await probe(app, '/healthz'))[0], 200)
      await eventually(async () => {
        const page = await app.page()
        assert.ok(
          (seriesValue(page, 'gunicorn_worker_cpu_percent', { worker_id }) ?? 0) > busyPercent,
        )
      })
      const [status] = (await workersStatus(app)).workers
      assert.equal(status?.state, 'hanging')
      assert.equal(status.listening, false)
    } finally {
      await app.stop()
    }
  },
)

test('The endpoint answers while the primary is blocked, and no worker looks hung', async () => {
  await withCluster({ WORKERS: '2', BLOCK_MS: '6000' }, async (app) => {
    await eventually(async () => assert.equal(idsIn(await app.page(), 'running').length, 2))
    app.child.kill('SIGUSR2')
    // Blocked for six seconds: no report of a worker arrives.
    await eventually(async () => {
      const page = await workersRun(app)
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') > 8)
    })
    // By default, the primary accepts the connections of its workers.
    const text = 'The event loop of the primary stands still: no new connection reaches a worker.'
    assert.deepEqual(await probe(app, '/readyz'), [503, text])
    await eventually(async () => {
      const page = await workersRun(app)
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') < 4)
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'usr2' }), 1)
    })
    // The next check of the exporter thread notices that the primary runs again.
    await eventually(async () => {
      assert.deepEqual(await probe(app, '/readyz'), [200, 'Listening: 2 of 2 workers.'])
    })
    app.child.kill('SIGHUP')
    await eventually(async () => {
      const page = await workersRun(app)
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'hup' }), 1)
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'usr2' }), 1)
    })
  })
})

const primarySilence = 'gunicorn_master_event_loop_silence_seconds'

test('The page shows how long the event loop of the primary has stood still', async () => {
  await withCluster({ WORKERS: '1', BLOCK_MS: '7000' }, async (app) => {
    await oneIn(app, 'running')
    const silence = async (): Promise<number> => sum(await app.page(), primarySilence)
    await eventually(async () => {
      const values = select(await app.page(), primarySilence).map(({ value }) => value)
      assert.ok(values.length === 1 && Number(values[0]) < 1, `${values}`)
    })
    app.child.kill('SIGUSR2')
    await eventually(async () => {
      assert.ok(sum(await workersRun(app), primarySilence) > 4)
    })
    await eventually(async () => assert.ok((await silence()) < 1))
  })
})

test('The page claims nothing about a worker that /proc does not show', async (context) => {
  if (need(context, namespaces()) === undefined) return
  // The pids of the application mean other processes in this /proc.
  const through = ['unshare', '--pid', '--fork']
  const app = await startApp({ file: 'apps/cluster/cluster.cjs', env: { WORKERS: '1' }, through })
  try {
    const port = await app.ready()
    await oneIn(app, 'running')
    sendUnanswered(port, '/hang')
    const worker_id = await oneIn(app, 'hanging')
    // Longer than two readings of the kernel's figures.
    await eventually(async () => {
      const page = await app.page()
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds', { worker_id }) > 5)
    })
    const page = await app.page()
    for (const name of [...ownGauges, 'memory_bytes', 'cpu_percent']) {
      assert.deepEqual(select(page, `gunicorn_worker_${name}`, { worker_id }), [], name)
    }
    assert.ok(sum(page, 'gunicorn_worker_event_loop_delay_max_seconds', { worker_id }) > 5)
    const [worker] = (await workersStatus(app)).workers
    assert.deepEqual([worker?.kernel, worker?.memoryBytes], [null, null])
  } finally {
    await app.stop()
  }
})

test('No process looks hung after a pause of the whole tree', async () => {
  await withCluster({ WORKERS: '2' }, async (app) => {
    await eventually(async () => assert.equal(idsIn(await app.page(), 'running').length, 2))
    const group = -(app.child.pid ?? assert.fail('no pid'))
    process.kill(group, 'SIGSTOP')
    await sleep(6_000)
    process.kill(group, 'SIGCONT')
    // Each worker reports again within a second or two. Its state must stay in between.
    await eventually(async () => {
      const page = await workersRun(app)
      assert.ok(sum(page, 'gunicorn_worker_report_age_seconds') < 2)
    })
    const again = await workersRun(app)
    assert.deepEqual(select(again, 'gunicorn_worker_state', { state: 'hanging' }), [])
  })
})

/** Percent; 0 where the page does not know. */
function cpuOf(page: readonly Sample[], worker_id: string): number {
  return seriesValue(page, 'gunicorn_worker_cpu_percent', { worker_id }) ?? 0
}

/** Fails at once, past `eventually`, for a worker that looks hung. */
async function workersRun(app: App): Promise<Sample[]> {
  const page = await app.page()
  const wrong = [...idsIn(page, 'hanging'), ...idsIn(page, 'stopped')]
  if (wrong.length > 0) app.child.kill('SIGKILL')
  assert.deepEqual(wrong, [])
  return page
}
