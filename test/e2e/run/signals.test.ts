import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import {
  countLines,
  type Master,
  type MasterOptions,
  startMaster,
  withMaster,
} from '../../support/programs/master.ts'
import { type SteadyLoad, underLoad } from '../../support/programs/steady-load.ts'
import { type Sample, sum } from '../../support/prometheus/page.ts'

const workers = 4
const connections = 16
/** Requests after each signal, without a failure. */
const enough = 50_000

async function withWorkers(
  options: MasterOptions,
  act: (master: Master) => Promise<void>,
): Promise<void> {
  const flags = ['-w', String(workers), ...(options.options ?? [])]
  await withMaster({ ...options, options: flags }, async (master) => {
    await master.serving(workers)
    await act(master)
  })
}

async function withDirectory(act: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'run-signals-'))
  try {
    await act(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

interface Repetition {
  readonly context: TestContext
  readonly port: number
  readonly times: number
}

/**
 * Acts again and again, spread over the requests, until there were enough of them; none may fail.
 */
async function repeatedly(
  { context, port, times }: Repetition,
  act: (turn: number) => Promise<void>,
): Promise<void> {
  const { completed: count, failures } = await underLoad({ port, connections }, async (load) => {
    for (let turn = 0; turn < times; turn += 1) {
      await act(turn)
      await completed(load, Math.ceil((enough / times) * (turn + 1)))
    }
  })
  context.diagnostic(`${times} signals, ${count} requests, ${failures.length} failed`)
  assert.deepEqual(failures, [])
}

async function completed(load: SteadyLoad, count: number): Promise<void> {
  await eventually(() => assert.ok(load.completed() >= count), 120_000)
}

function restarts(page: readonly Sample[], reason: string): number {
  return sum(page, 'gunicorn_worker_restart_total', { reason })
}

function signals(page: readonly Sample[], reason: string): number {
  return sum(page, 'gunicorn_master_worker_restart_total', { reason })
}

async function answer(port: number): Promise<string> {
  return (await get(port, '/')).body
}

function source(text: string): string {
  return `require('node:http')
  .createServer((_, response) => response.end('${text}'))
  .listen(Number(process.env.PORT), '127.0.0.1')
`
}

test('HUP starts workers with the current code, and no request fails', async (context) => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'app.cjs')
    writeFileSync(file, source('code 0'))
    await withWorkers({ file }, async (master) => {
      assert.equal(await answer(master.port), 'code 0')
      const times = 6
      await repeatedly({ context, port: master.port, times }, async (turn) => {
        const old = master.workers()
        writeFileSync(file, source(`code ${turn + 1}`))
        master.signal('SIGHUP')
        await eventually(() => {
          assert.equal(countLines(master.stderr(), 'Handling signal: hup'), turn + 1)
          assert.ok(old.every((pid) => !master.workers().includes(pid)))
        }, 60_000)
        await master.serving(workers)
        assert.equal(await answer(master.port), `code ${turn + 1}`)
      })
      await eventually(async () => {
        const page = await master.page()
        assert.equal(signals(page, 'hup'), times)
        assert.equal(restarts(page, 'hup'), times * workers)
        assert.equal(signals(page, 'chld'), times * workers)
        assert.equal(sum(page, 'gunicorn_worker_restart_total'), times * workers)
        assert.equal(
          sum(page, 'gunicorn_worker_restart_count_total', { restart_type: 'graceful' }),
          times * workers,
        )
        assert.equal(sum(page, 'gunicorn_master_worker_restarts_total'), times * workers)
      })
    })
  })
})

test('Repeated HUP forks no more workers than configured', async () => {
  await withDirectory(async (directory) => {
    const file = join(directory, 'app.cjs')
    writeFileSync(file, source('works'))
    await withWorkers({ file }, async (master) => {
      // The worker runs and never listens.
      writeFileSync(file, 'setInterval(() => {}, 1_000)')
      const hups = 5
      for (let hup = 1; hup <= hups; hup += 1) {
        master.signal('SIGHUP')
        await eventually(() => {
          const booted = countLines(master.stderr(), 'Booting worker with pid')
          assert.equal(booted, workers * (hup + 1))
          assert.equal(master.workers().length, 2 * workers)
        })
        assert.equal(await answer(master.port), 'works')
      }
      writeFileSync(file, source('works again'))
      master.signal('SIGHUP')
      await master.serving(workers)
      assert.equal(await answer(master.port), 'works again')
    })
  })
})

test('TTIN adds one worker, and no request fails', async (context) => {
  await withWorkers({}, async (master) => {
    const times = 4
    await repeatedly({ context, port: master.port, times }, async (turn) => {
      const before = master.workers()
      master.signal('SIGTTIN')
      const after = await master.serving(workers + turn + 1)
      assert.deepEqual(after.slice(0, before.length), before)
    })
    const page = await master.page()
    assert.equal(signals(page, 'ttin'), times)
    assert.equal(sum(page, 'gunicorn_worker_restart_total'), 0)
    assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), workers + times)
  })
})

test('TTOU removes the oldest worker, never the last; no request fails', async (context) => {
  await withWorkers({}, async (master) => {
    const times = 5
    await repeatedly({ context, port: master.port, times }, async (turn) => {
      const before = master.workers()
      master.signal('SIGTTOU')
      await eventually(() =>
        assert.equal(countLines(master.stderr(), 'Handling signal: ttou'), turn + 1),
      )
      const after = await master.serving(Math.max(1, workers - turn - 1))
      assert.deepEqual(after, before.slice(-after.length))
    })
    await eventually(async () => {
      const page = await master.page()
      assert.equal(signals(page, 'ttou'), times)
      assert.equal(restarts(page, 'ttou'), workers - 1)
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), workers - 1)
      assert.equal(sum(page, 'gunicorn_master_workers', { state: 'configured' }), 1)
    })
  })
})

test('TERM finishes open requests and exits with code 0', async () => {
  await withWorkers({}, async (master) => {
    await underLoad({ port: master.port, connections }, async (load) => {
      await completed(load, 1_000)
      const slow = Array.from({ length: 8 }, () => get(master.port, '/slow'))
      // One lane after the other has been answered since: those before them are in flight.
      await completed(load, load.completed() + 500)
      master.signal('SIGTERM')
      for (const { status } of await Promise.all(slow)) assert.equal(status, 200)
      assert.deepEqual(await master.ended, { code: 0, signal: null })
    })
    assert.deepEqual(master.workers(), [])
    assert.equal(master.stderr().match(/ended with code 0 \(term\)/g)?.length, workers)
  })
})

for (const name of ['INT', 'QUIT']) {
  test(`${name} stops without waiting for requests and exits with code 0`, async () => {
    // Gracefully, it would take for ever.
    await withWorkers({ options: ['--graceful-timeout', '0'] }, async (master) => {
      await underLoad({ port: master.port, connections }, async (load) => {
        await completed(load, 1_000)
        const never = get(master.port, '/never').then(
          () => 'answered',
          () => 'cut',
        )
        await completed(load, load.completed() + 500)
        master.signal(`SIG${name}`)
        assert.deepEqual(await master.ended, { code: 0, signal: null })
        assert.equal(await never, 'cut')
      })
      const reason = name.toLowerCase()
      assert.equal(countLines(master.stderr(), `Handling signal: ${reason}`), 1)
      assert.deepEqual(master.workers(), [])
      assert.equal(master.stderr().split(`ended with code 0 (${reason})`).length - 1, workers)
    })
  })
}

test('USR1 reopens the log file and reaches workers that listen for it', async () => {
  await withDirectory(async (directory) => {
    const logFile = join(directory, 'master.log')
    const moved = join(directory, 'moved.log')
    const record = join(directory, 'signals')
    const file = join(directory, 'app.cjs')
    writeFileSync(
      file,
      `const path = ${JSON.stringify(record)}\n` +
        `process.on('SIGUSR1', () => require('node:fs').appendFileSync(path, 'x'))\n` +
        source('ok'),
    )
    const master = await startMaster({ file, options: ['-w', '4', '--log-file', logFile] })
    try {
      await eventually(async () => {
        const page = await master.page()
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), workers)
      })
      const { failures } = await underLoad({ port: master.port, connections }, async (load) => {
        await completed(load, 1_000)
        renameSync(logFile, moved)
        const before = readFileSync(moved, 'utf8')
        assert.equal(countLines(before, 'Booting worker with pid'), workers)
        master.signal('SIGUSR1')
        await eventually(() => {
          assert.ok(existsSync(logFile))
          assert.equal(readFileSync(record, 'utf8'), 'x'.repeat(workers))
        })
        master.signal('SIGTTIN')
        await eventually(() => {
          assert.equal(countLines(readFileSync(logFile, 'utf8'), 'Booting worker with pid'), 1)
        })
        await eventually(async () => {
          const page = await master.page()
          assert.equal(signals(page, 'usr1'), 1)
          assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), workers + 1)
          assert.equal(sum(page, 'gunicorn_worker_restart_total'), 0)
        })
      })
      assert.equal(countLines(readFileSync(moved, 'utf8'), 'Booting worker with pid'), workers)
      assert.equal(master.stderr(), '')
      assert.deepEqual(failures, [])
    } finally {
      await master.stop()
    }
  })
})

test('WINCH ends the workers gracefully, and HUP starts workers again', async () => {
  await withWorkers({}, async (master) => {
    await underLoad({ port: master.port, connections }, async (load) => {
      await completed(load, 1_000)
      const slow = get(master.port, '/slow')
      await completed(load, load.completed() + 500)
      master.signal('SIGWINCH')
      assert.equal((await slow).status, 200)
      await master.serving(0)
    })
    await eventually(async () => {
      const page = await master.page()
      assert.equal(signals(page, 'winch'), 1)
      assert.equal(restarts(page, 'winch'), workers)
      assert.equal(sum(page, 'gunicorn_worker_restart_total'), workers)
    })
    assert.equal(master.child.exitCode, null)
    master.signal('SIGTTOU')
    await eventually(async () => assert.equal(signals(await master.page(), 'ttou'), 1))
    assert.equal(countLines(master.stderr(), 'Booting worker with pid'), workers)
    master.signal('SIGHUP')
    await master.serving(workers)
    assert.match(await answer(master.port), /^\d+$/)
    assert.equal(signals(await master.page(), 'hup'), 1)
  })
})
