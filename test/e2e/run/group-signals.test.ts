import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import {
  countLines,
  type Master,
  type MasterOptions,
  withMaster,
} from '../../support/programs/master.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { withWrittenProgram } from '../../support/programs/written-program.ts'
import { sum } from '../../support/prometheus/page.ts'

/** Signals the whole process group, as systemd, `timeout` and terminals do. */
function signalGroup({ child }: Master, name: string): void {
  process.kill(-(child.pid ?? 0), name)
}

function booted({ stderr }: Master): number {
  return countLines(stderr(), 'Booting worker with pid')
}

/** A slow server whose handlers end the process at once, as many programs do. */
const exits = `for (const name of ['SIGTERM', 'SIGINT']) process.on(name, () => process.exit(0))
require('node:http')
  .createServer((_, response) => setTimeout(() => response.end(String(process.pid)), 4_000))
  .listen(Number(process.env.PORT), '127.0.0.1')
`

/** SIGTERM to the group of three workers lets slow requests finish, and forks no worker. */
async function assertFinished(master: Master, path: string): Promise<void> {
  await master.serving(3)
  const slow = Array.from({ length: 4 }, () => get(master.port, path))
  await eventually(async () => {
    assert.equal(sum(await master.page(), 'gunicorn_worker_requests_in_flight'), 4)
  })
  signalGroup(master, 'SIGTERM')
  for (const { status } of await Promise.all(slow)) assert.equal(status, 200)
  assert.deepEqual(await master.ended, { code: 0, signal: null })
  assert.equal(booted(master), 3)
}

describe('SIGTERM to the whole process group', { concurrency: 2 }, () => {
  test('boots no second set of workers', async () => {
    await withMaster({ options: ['-w', '3'] }, async (master) => {
      await assertFinished(master, '/slow')
    })
  })

  test('fails nothing in flight where the application exits in its handler', async () => {
    await withWrittenProgram({ text: exits, options: ['-w', '3'] }, async ({ master }) => {
      await assertFinished(master, '/')
      assert.equal(master.stderr().split('ended with code 0 (term)').length - 1, 3)
    })
  })

  test('boots no worker where workers still start', async () => {
    await withMaster({ options: ['-w', '3'] }, async (master) => {
      await eventually(() => assert.equal(booted(master), 3))
      signalGroup(master, 'SIGTERM')
      assert.deepEqual(await master.ended, { code: 0, signal: null })
      assert.equal(booted(master), 3)
    })
  })
})

describe('A signal to one worker', { concurrency: 2 }, () => {
  const one: MasterOptions = { options: ['-w', '1'] }

  test('replaces a single worker at SIGTERM without a refused connection', async (context) => {
    await withMaster(one, async (master) => {
      await master.serving(1)
      const { completed, failures } = await underLoad(
        { port: master.port, connections: 8 },
        async () => {
          for (let turn = 1; turn <= 5; turn += 1) {
            const [pid = 0] = master.workers()
            process.kill(pid, 'SIGTERM')
            await eventually(async () => {
              assert.equal(booted(master), turn + 1)
              assert.ok(!master.workers().includes(pid))
            })
            await master.serving(1)
          }
        },
      )
      context.diagnostic(`${completed} requests, ${failures.length} failed`)
      assert.deepEqual(failures, [])
      const page = await master.page()
      assert.equal(sum(page, 'gunicorn_worker_restart_total', { reason: 'quit' }), 5)
    })
  })

  for (const name of ['SIGQUIT', 'SIGINT', 'SIGHUP']) {
    test(`ends and replaces the worker at once at ${name}`, async () => {
      await withMaster({ options: ['-w', '2'] }, async (master) => {
        const [pid = 0, other] = await master.serving(2)
        const never = Array.from({ length: 2 }, () =>
          get(master.port, '/never').then(
            () => 'answered',
            () => 'cut',
          ),
        )
        process.kill(pid, name)
        await eventually(() => assert.ok(!master.workers().includes(pid)))
        assert.equal(await Promise.race(never), 'cut')
        const after = await master.serving(2)
        assert.ok(after.includes(other ?? 0))
        const ends = master.stderr().match(/ended with code 0 \(quit\)/g)
        assert.equal(ends?.length, 1)
      })
    })
  }
})
