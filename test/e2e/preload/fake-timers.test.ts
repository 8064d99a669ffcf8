import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { idsIn } from '../../support/programs/hang.ts'
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

describe('An application with fake timers', { concurrency: 5 }, () => {
  for (const row of rows) {
    test(`is counted, and has no timer of the exporter (${row})`, async (context) => {
      await withApp(context, row, async (app, port) => {
        for (let count = 0; count < 3; count += 1) await get(port, '/')
        // Longer than the silence of a process that counts as hanging.
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 3)
          assert.ok(sum(page, 'gunicorn_worker_uptime_seconds') > 4)
        })
        assert.deepEqual(idsIn(await app.page(), 'hanging'), [])
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

async function withApp(
  context: TestContext,
  row: string,
  act: (app: App, port: number) => Promise<void>,
): Promise<void> {
  const installed = needed(context, packages)
  if (!installed) return
  const app = await startApp({
    file: 'apps/cluster/fake-timers.cjs',
    args: row.split(' '),
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
