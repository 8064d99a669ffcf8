import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { idsIn, workersStatus } from '../../support/programs/hang.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

/*
 * Programs that replace the timers and the clocks of Node, as test suites do. The exporter keeps
 * the real functions.
 */

const packages = await installPackages({ sinon: '22.1.0' })

const rows = [
  ...['single before', 'single after'].map((place) => `sinon ${place}`),
  ...['primary before', 'primary after'].map((place) => `sinon ${place}`),
  ...['worker before', 'worker after'].map((place) => `sinon ${place}`),
  ...['single before', 'primary before', 'worker before'].map((place) => `node:test ${place}`),
]

describe('An application with fake timers', { concurrency: 9 }, () => {
  for (const row of rows) {
    test(`is counted, and has no timer of the exporter (${row})`, async (context) => {
      await withApp(context, row, async (app, port) => {
        for (let count = 0; count < 3; count += 1) await get(port, '/')
        await counted(app)
        const { body: server } = await get(port, '/')
        const pid = row.includes('primary') ? app.child.pid : Number(server)
        assert.equal(await fakeTimers(app, pid), 0)
        await get(port, '/')
        await eventually(async () => {
          assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 5)
        })
        assert.equal(app.stderr(), '')
      })
    })
  }
})

describe('An application with wrong clocks', { concurrency: 6 }, () => {
  for (const place of ['single', 'primary', 'worker']) {
    for (const clocks of ['broken-clocks', 'far-clocks']) {
      test(`has right counts, ages and times (${clocks} in ${place})`, async (context) => {
        await withApp(context, `${clocks} ${place} before`, async (app, port) => {
          for (let count = 0; count < 3; count += 1) await get(port, '/')
          await counted(app)
          await assertLife(app)
          if (place !== 'single') await assertDeath(app, Number((await get(port, '/')).body))
          assert.doesNotMatch(app.stderr(), /fault|uncaught|Error/)
        })
      })
    }
  }
})

const minute = 60

/** Waits for three requests, longer than the silence of a process that counts as hanging. */
async function counted(app: App): Promise<void> {
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3)
    assert.ok(sum(page, 'gunicorn_worker_uptime_seconds') > 4)
  })
  const page = await app.page()
  assert.deepEqual(idsIn(page, 'hanging'), [])
  const active = sum(page, 'gunicorn_worker_event_loop_seconds_total', { state: 'active' })
  assert.ok(active > 0 && active < minute, `${active} s`)
}

async function assertLife(app: App): Promise<void> {
  const page = await app.page()
  assert.ok(isNow(1_000 * sum(page, 'gunicorn_worker_start_time_seconds')))
  assert.ok(sum(page, 'gunicorn_worker_request_duration_seconds_sum') < minute)
  assert.equal(sum(page, 'gunicorn_exporter_faults_total') || 0, 0)
  const { workers } = await workersStatus(app)
  assert.equal(workers.length, 1)
  for (const { ageSeconds, stateSince } of workers) {
    assert.ok(ageSeconds < minute && isNow(Date.parse(stateSince)), stateSince)
  }
}

async function assertDeath(app: App, pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  const death = await eventually(async () => {
    const [first] = (await workersStatus(app)).deaths
    assert.ok(first)
    return first
  })
  assert.equal(death.pid, pid)
  assert.ok(death.ageSeconds < minute && (death.reportAgeSeconds ?? 0) < minute)
  assert.ok(isNow(Date.parse(death.endedAt)), death.endedAt)
}

/** Whether a Unix time in milliseconds is a few minutes from now at most. */
function isNow(unixMs: number): boolean {
  return Math.abs(unixMs - Date.now()) < 5 * 1_000 * minute
}

async function withApp(
  context: TestContext,
  row: string,
  act: (app: App, port: number) => Promise<void>,
): Promise<void> {
  const installed = row.startsWith('sinon') ? needed(context, packages) : { directory: '' }
  if (!installed) return
  const app = await startApp({
    file: 'apps/cluster/fake-timers.cjs',
    args: row.split(' '),
    // In Node 20, the fake timers of `node:test` are experimental.
    nodeArgs: ['--disable-warning=ExperimentalWarning'],
    env: { PACKAGES: installed.directory },
  })
  try {
    await act(app, await app.ready())
  } finally {
    await app.stop()
  }
}

/** Counts the fake timers of the process, and runs all. */
async function fakeTimers(app: App, pid: number | undefined): Promise<number> {
  assert.ok(pid)
  process.kill(pid, 'SIGUSR2')
  return await eventually(() => {
    const found = /^clock (\d+)$/m.exec(app.stdout())
    assert.ok(found, app.stderr())
    return Number(found[1])
  })
}
