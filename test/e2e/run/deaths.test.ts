import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { countLines, type Master, withMaster } from '../../support/programs/master.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { Random } from '../../support/random.ts'

const workers = 4
const connections = 16

function restarts(page: readonly Sample[], reason: string): number {
  return sum(page, 'gunicorn_worker_restart_total', { reason })
}

/** The workers in this state. */
function workersIn(page: readonly Sample[], state: string): number {
  return sum(page, 'gunicorn_worker_state', { state })
}

function exits(master: Master): number {
  return master.stderr().match(/Worker (?:\S+ )?\(pid:\d+\) ended(?:: | by | with )/g)?.length ?? 0
}

test('The master replaces and counts each worker with a SIGKILL every 500 ms', async (context) => {
  const random = new Random(9)
  const kills = 60
  // On a busy host, the kills take longer than the default retention.
  const env = { PROMETHEUS_WORKER_RETENTION_SECONDS: '3600' }
  await withMaster({ options: ['-w', '4'], env }, async (master) => {
    await master.serving(workers)
    const { completed, failures } = await underLoad(
      { port: master.port, connections },
      async () => {
        for (let kill = 0; kill < kills; kill += 1) {
          process.kill(random.pick(master.workers()), 'SIGKILL')
          // The next one is picked from those that live.
          await eventually(() => assert.equal(exits(master), kill + 1), 60_000)
          await sleep(500)
          await eventually(() => assert.equal(master.workers().length, workers), 60_000)
        }
      },
    )
    context.diagnostic(`${kills} kills, ${completed} requests, ${failures.length} failed`)
    assert.ok(completed > 0)
    await master.serving(workers)
    await eventually(async () => {
      const page = await master.page()
      assert.equal(restarts(page, 'sigkill'), kills)
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), exits(master))
      assert.equal(sum(page, 'gunicorn_worker_restart_count_total'), kills)
      assert.equal(
        sum(page, 'gunicorn_worker_restart_count_total', { restart_type: 'forced' }),
        kills,
      )
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'chld' }), kills)
      assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), kills)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), workers)
      assert.equal(workersIn(page, 'abort'), kills)
      assert.equal(workersIn(page, 'running'), workers)
    })
    assert.equal(countLines(master.stderr(), 'Booting worker with pid'), workers + kills)
    assert.match((await get(master.port, '/')).body, /^\d+$/)
  })
})

test('The master replaces a worker with a blocked event loop while the others serve', async () => {
  // On a busy host, a worker that does not hang can be silent for seconds.
  await withMaster({ options: ['-w', '4', '--timeout', '6'] }, async (master) => {
    const old = await master.serving(workers)
    const hung = get(master.port, '/hang').then(
      () => 'answered',
      () => 'cut',
    )
    // Only then the load: a connection of its own that the hung worker was given would hang as
    // well.
    await sleep(200)
    const { completed, failures } = await underLoad(
      { port: master.port, connections: 3 },
      async () => {
        assert.equal(await hung, 'cut')
        await eventually(() => assert.equal(exits(master), 1))
        await master.serving(workers)
      },
    )
    assert.ok(completed > 0)
    assert.deepEqual(failures, [])
    assert.equal(countLines(master.stderr(), 'WORKER TIMEOUT'), 1)
    assert.equal(old.filter((pid) => master.workers().includes(pid)).length, workers - 1)
    await eventually(async () => {
      const page = await master.page()
      assert.equal(restarts(page, 'timeout'), 1)
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), 1)
      assert.equal(
        sum(page, 'gunicorn_worker_restart_count_total', {
          reason: 'timeout',
          restart_type: 'forced',
        }),
        1,
      )
      assert.equal(workersIn(page, 'abort'), 1)
      assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 1)
    })
  })
})

test('The master ends with exit code 3 if the application throws at boot', async () => {
  await withMaster({ file: 'run/boot-crash.cjs', options: ['-w', '4'] }, async (master) => {
    assert.deepEqual(await master.ended, { code: 3, signal: null })
    assert.match(master.stderr(), /no database here/)
    assert.match(master.stderr(), /\[CRITICAL\] Workers do not boot: \d+ in a row/)
    const forks = countLines(master.stderr(), 'Booting worker with pid')
    assert.ok(forks >= workers && forks <= 5 * workers, `${forks} forks`)
    assert.deepEqual(master.workers(), [])
  })
})

test('The master replaces a worker that sometimes dies before it listens', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'run-deaths-'))
  const fail = (count: number): void => {
    for (let index = 0; index < count; index += 1) writeFileSync(join(directory, `${index}`), '')
  }
  try {
    fail(3)
    const env = { FAIL_ONCE: directory }
    await withMaster({ file: 'run/boot-crash.cjs', options: ['-w', '4'], env }, async (master) => {
      await master.serving(workers)
      assert.equal(exits(master), 3)
      // This number of failures would end the master if every worker failed.
      fail(14)
      process.kill(master.workers()[0] ?? 0, 'SIGKILL')
      await eventually(() => assert.deepEqual(readdirSync(directory), []), 60_000)
      await master.serving(workers)
      assert.equal(master.child.exitCode, null)
      await eventually(async () => {
        const page = await master.page()
        assert.equal(restarts(page, 'error'), 17)
        assert.equal(restarts(page, 'sigkill'), 1)
        assert.equal(sum(page, 'gunicorn_worker_restart_total'), exits(master))
        assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), 18)
      })
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

test('The master replaces workers one at a time at --max-requests', async (context) => {
  const options = ['-w', '4', '--max-requests', '1000', '--max-requests-jitter', '500']
  await withMaster({ options }, async (master) => {
    await master.serving(workers)
    const { completed, failures } = await underLoad(
      { port: master.port, connections },
      async (load) => {
        await eventually(() => assert.ok(load.completed() >= 20_000 && exits(master) >= 8), 120_000)
      },
    )
    context.diagnostic(`${exits(master)} ends, ${completed} requests, ${failures.length} failed`)
    assert.deepEqual(failures, [])
    await master.serving(workers)
    await eventually(async () => {
      const page = await master.page()
      assert.equal(restarts(page, 'max_requests'), exits(master))
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), exits(master))
      assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), exits(master))
      assert.ok(sum(page, 'gunicorn_worker_requests_total') >= completed)
    })
    assert.equal(mostBooting(master.stderr()), 1)
  })
})

test('The master kills a worker that does not finish in time and keeps the reason', async () => {
  const options = ['-w', '2', '--graceful-timeout', '1']
  await withMaster({ options }, async (master) => {
    await master.serving(2)
    const never = get(master.port, '/never').then(
      () => 'answered',
      () => 'cut',
    )
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
    })
    master.signal('SIGHUP')
    assert.equal(await never, 'cut')
    await master.serving(2)
    await eventually(async () => {
      assert.equal(master.stderr().match(/ended: hup \(forced, SIGKILL\)/g)?.length, 1)
      const page = await master.page()
      const name = 'gunicorn_worker_restart_count_total'
      assert.equal(restarts(page, 'hup'), 2)
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), 2)
      assert.equal(sum(page, name, { reason: 'hup', restart_type: 'forced' }), 1)
      assert.equal(sum(page, name, { reason: 'hup', restart_type: 'graceful' }), 1)
      assert.equal(workersIn(page, 'abort'), 1)
    })
  })
})

test('The master counts TERM while workers finish, and a second TERM ends the wait', async () => {
  const options = ['-w', '4', '--graceful-timeout', '0']
  await withMaster({ options }, async (master) => {
    await master.serving(workers)
    const never = get(master.port, '/never').catch(() => {})
    await eventually(async () => {
      assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 1)
    })
    master.signal('SIGTERM')
    await eventually(async () => {
      const page = await master.page()
      assert.equal(sum(page, 'gunicorn_master_worker_restart_total', { reason: 'term' }), 1)
      assert.equal(restarts(page, 'term'), workers - 1)
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), workers - 1)
      assert.equal(select(page, 'gunicorn_worker_report_age_seconds').length, 1)
    })
    master.signal('SIGTERM')
    assert.deepEqual(await master.ended, { code: 0, signal: null })
    await never
    assert.deepEqual(master.workers(), [])
  })
})

/** The most forks between two ends, after the first workers: a replacement is one at a time. */
function mostBooting(log: string): number {
  let [booting, most, forks] = [0, 0, 0]
  for (const [, booted] of log.matchAll(
    /\] (?:(Booting) worker|Worker (?:\S+ )?\(pid:\d+\) ended(?:: | by | with ))/g,
  )) {
    if (booted) {
      forks += 1
      if (forks > workers) booting += 1
    } else booting = Math.max(0, booting - 1)
    most = Math.max(most, booting)
  }
  return most
}
