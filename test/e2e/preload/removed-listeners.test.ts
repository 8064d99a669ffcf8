import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { describe, test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/* Programs that remove all listeners, as programs do that want to fork no more workers. */

describe('An application that removes all listeners', { concurrency: 3 }, () => {
  for (const removal of [
    'cluster exit',
    'cluster all',
    'cluster one by one',
    'worker all',
    'child exit',
    'child all',
    'process all',
  ]) {
    test(`still shows ends and forks of workers (${removal})`, async () => {
      await withApp(removal, async (app, port) => {
        await shows(app, { live: 2, ends: 0 })
        const { body } = await get(port, '/')
        process.kill(Number(body), 'SIGKILL')
        await shows(app, { live: 1, ends: 1 })
        app.child.kill('SIGUSR2')
        await shows(app, { live: 2, ends: 1 })
        await eventually(async () => {
          assert.equal(sum(await app.page(), 'gunicorn_master_workers', { state: 'listening' }), 2)
        })
      })
    })
  }

  for (const removal of ['in worker exit', 'in worker some', 'in worker server']) {
    test(`still counts the last requests of a worker (${removal})`, async () => {
      await withApp(removal, async (app, port) => {
        for (let count = 0; count < 10; count += 1) await get(port, '/')
        await get(port, '/exit')
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 1)
          assert.equal(sum(page, 'gunicorn_worker_requests_total'), 11)
        })
      })
    })
  }

  test('still counts the last requests of a worker (in worker everything)', async () => {
    await withApp('nothing', async (app, port) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      for (const path of ['/', '/remove', '/', '/', '/exit']) {
        const message = request({ port, path, agent }).end()
        const [response] = await once(message, 'response')
        await once(response.resume(), 'end')
      }
      await shows(app, { live: 1, ends: 1 })
      assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 5)
    })
  })
})

async function withApp(
  removal: string,
  act: (app: App, port: number) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file: 'apps/cluster/without-listeners.cjs', args: [removal] })
  try {
    await act(app, await app.ready())
    assert.doesNotMatch(app.stderr(), /Warning/)
  } finally {
    await app.stop()
  }
}

async function shows(app: App, { live, ends }: { live: number; ends: number }): Promise<void> {
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), live)
    const reason = { reason: 'chld' }
    assert.equal(sum(page, 'gunicorn_master_worker_restart_total', reason) || 0, ends)
  })
}
