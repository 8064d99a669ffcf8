import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Death } from '../../../src/model/death.ts'
import { version } from '../../../src/model/version.ts'
import {
  type App,
  eventually,
  fetchText,
  fixtures,
  startApp,
  withCluster,
} from '../../support/programs/app.ts'
import { get, load } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

interface Worker {
  readonly workerId: string
  readonly pid: number
  readonly state: string
  readonly ageSeconds: number
  readonly requests: number | null
  readonly memoryBytes: number | null
  readonly reportAgeSeconds: number | null
}

interface Status {
  readonly version: string
  readonly uptimeSeconds: number
  readonly workers: readonly Worker[]
  readonly deaths: readonly Death[]
}

async function statusOf(app: App): Promise<Status> {
  return JSON.parse(await fetchText(app.metricsUrl.replace(/metrics$/, 'status')))
}

/** Waits until all requests were reported, and returns the workers by pid. */
async function reported(app: App, requests: number): Promise<Map<number, Worker>> {
  return await eventually(async () => {
    const { workers } = await statusOf(app)
    const counted = workers.reduce((total, worker) => total + (worker.requests ?? 0), 0)
    assert.equal(counted, requests)
    return new Map(workers.map((worker) => [worker.pid, worker]))
  })
}

test('The status describes a killed worker, and its memory stays on the page', async () => {
  await withCluster({ WORKERS: '3' }, async (app, port) => {
    await load({ port, paths: ['/'], count: 60, connections: 6 })
    const pid = Number((await get(port, '/pid')).body)
    const before = await reported(app, 61)
    const victim = before.get(pid)
    assert.equal(before.size, 3)
    assert.ok(victim?.requests)
    process.kill(pid, 'SIGKILL')
    const death = await eventually(async () => {
      const { deaths } = await statusOf(app)
      assert.equal(deaths.length, 1)
      return deaths[0] as Death
    })
    const { workerId, reason, restartType, exitCode, signal, requests } = death
    assert.deepEqual(
      { workerId, pid: death.pid, reason, restartType, exitCode, signal, requests },
      {
        workerId: victim.workerId,
        pid,
        reason: 'sigkill',
        restartType: 'forced',
        exitCode: null,
        signal: 'SIGKILL',
        requests: victim.requests,
      },
    )
    const memory = death.memoryBytes ?? 0
    assert.ok(memory > 10_000_000, `${memory}`)
    assert.ok(death.ageSeconds >= victim.ageSeconds)
    assert.ok((death.cpuPercent ?? -1) >= 0)
    assert.ok((death.eventLoopDelayMaxSeconds ?? -1) >= 0)
    assert.ok((death.reportAgeSeconds ?? -1) >= 0)
    assert.ok(Math.abs(Date.now() - Date.parse(death.endedAt)) < 60_000)
    await eventually(async () => {
      const [left, ...others] = select(await app.page(), 'gunicorn_worker_exit_memory_bytes')
      assert.deepEqual(left?.labels, { worker_id: workerId, reason: 'sigkill' })
      assert.equal(left?.value, memory)
      assert.deepEqual(others, [])
      const { workers, version: shown, uptimeSeconds } = await statusOf(app)
      assert.equal(shown, version)
      assert.ok(uptimeSeconds > 0)
      assert.equal(workers.filter(({ state }) => state === 'running').length, 3)
      assert.ok(!workers.some((worker) => worker.pid === pid))
    })
  })
})

test('The record of a worker that exits has its code and all its requests', async () => {
  await withCluster({ WORKERS: '1' }, async (app, port) => {
    for (let count = 0; count < 3; count += 1) await get(port, '/')
    await get(port, '/exit?code=3').catch(() => {})
    await eventually(async () => {
      const [death] = (await statusOf(app)).deaths
      assert.equal(death?.reason, 'error')
      assert.equal(death?.restartType, 'crash')
      assert.equal(death?.exitCode, 3)
      assert.equal(death?.signal, null)
      // The last report leaves as the process exits.
      assert.equal(death?.requests, 4)
    })
  })
})

test('Ends of workers go to a logger of OTel’s diag, and abnormal ends to stderr', async () => {
  await withCluster({ WORKERS: '2', DIAG: 'on' }, async (app, port) => {
    const pid = Number((await get(port, '/pid')).body)
    await reported(app, 1)
    process.kill(pid, 'SIGKILL')
    await eventually(() => {
      const lines = app.stdout().match(/^diag .* Worker .*$/gm) ?? []
      assert.equal(lines.length, 1)
      const start = `^diag warn Worker worker_\\d_\\d+ \\(pid:${pid}\\) `
      const cause = 'ended: sigkill \\(forced, SIGKILL\\) '
      assert.match(
        lines[0] ?? '',
        new RegExp(`${start}${cause}after .* s, 1 request, .* MiB, CPU .*; last`),
      )
    })
    await get(port, '/exit?code=0')
    await eventually(() =>
      assert.match(app.stdout(), /^diag info Worker .* exit \(graceful, code 0\)/m),
    )
    assert.match(app.stderr(), oneKilled(pid))
  })
})

test('A logger of the application that throws is counted and harms nothing', async () => {
  await withCluster({ WORKERS: '2', DIAG: 'throws' }, async (app, port) => {
    const pid = Number((await get(port, '/pid')).body)
    process.kill(pid, 'SIGKILL')
    await eventually(async () => {
      const faults = sum(await app.page(), 'gunicorn_exporter_faults_total', {
        component: 'exporter_death',
      })
      assert.equal(faults, 1)
    })
    assert.equal((await get(port, '/')).status, 200)
    assert.match(app.stderr(), oneKilled(pid))
  })
})

/** One line about this worker, and no other line. */
function oneKilled(pid: number): RegExp {
  const start = `^gunicorn-prometheus-exporter: Worker worker_\\d_\\d+ \\(pid:${pid}\\) `
  return new RegExp(`${start}ended: sigkill [^\\n]*\\n$`)
}

test('With run, the end of a worker is one line of the log', async () => {
  const app = await startApp({
    file: join(import.meta.dirname, '../../../dist/cli.cjs'),
    preload: 'none',
    args: ['run', '--workers', '2', join(fixtures, 'apps/single/single.cjs')],
  })
  try {
    const port = await app.ready()
    const pid = Number((await get(port, '/')).body)
    await reported(app, 1)
    process.kill(pid, 'SIGKILL')
    const lines = await eventually(() => {
      const found = app.stderr().match(/^.*\(pid:\d+\) ended.*$/gm) ?? []
      assert.ok(found.length > 0)
      return found
    })
    assert.equal(lines.length, 1)
    assert.match(
      lines[0] ?? '',
      new RegExp(
        `\\[ERROR\\] Worker worker_\\d_\\d+ \\(pid:${pid}\\) ended: sigkill .*, 1 request,`,
      ),
    )
    const [death] = (await statusOf(app)).deaths
    assert.equal(death?.pid, pid)
    await eventually(async () => {
      const { workers } = await statusOf(app)
      assert.equal(workers.length, 2)
      assert.ok(!workers.some((worker) => worker.pid === pid))
    })
  } finally {
    await app.stop()
  }
})
