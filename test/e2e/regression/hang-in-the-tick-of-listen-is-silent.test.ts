// Bug: a single process that hung in the tick in which it began to listen had never reported. The
// page had no worker, and /readyz counted no worker.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { oneIn, probe, workersStatus } from '../../support/programs/hang.ts'
import { select } from '../../support/prometheus/page.ts'

const file = 'apps/single/hanging-at-listen.cjs'
const stands = [503, 'The event loop of this process stands still.']

test('A single process that hangs in the tick of its listen() is hanging', async () => {
  await withApp({ SECONDS: '1e6' }, async (app) => {
    await hangs(app)
    const { workers } = await workersStatus(app)
    assert.deepEqual(
      workers.map(({ pid, state }) => [pid, state]),
      [[app.child.pid, 'hanging']],
    )
    assert.ok((workers[0]?.hang?.seconds ?? 0) >= 2, JSON.stringify(workers))
  })
})

test('A single process that hangs in the tick of its listen() runs again later', async () => {
  await withApp({ SECONDS: '8' }, async (app) => {
    const worker_id = await hangs(app)
    assert.equal(await oneIn(app, 'running'), worker_id)
    assert.deepEqual(await probe(app, '/readyz'), [200, 'This process serves by itself.'])
    const states = select(await app.page(), 'gunicorn_worker_state')
    assert.deepEqual(
      states.map(({ labels, value }) => [labels['worker_id'], labels['state'], value]),
      [
        [worker_id, 'hanging', 0],
        [worker_id, 'running', 1],
      ],
    )
  })
})

test('A process that hangs after listen() and then forks is a primary', async () => {
  await withApp({ SECONDS: '8', FORKS: 'yes' }, async (app) => {
    const worker_id = await hangs(app)
    await eventually(async () => {
      const { workers } = await workersStatus(app)
      const shown = workers.map(({ pid, workerId, state }) => [
        pid === app.child.pid,
        workerId,
        state,
      ])
      assert.equal(shown.length, 2, JSON.stringify(shown))
      assert.deepEqual(
        shown.map(([, , state]) => state),
        ['running', 'running'],
      )
      assert.ok(
        shown.every(([, workerId]) => workerId !== worker_id),
        JSON.stringify(shown),
      )
    })
  })
})

/** Waits until the page says that the single process hangs. Returns its `worker_id`. */
async function hangs(app: App): Promise<string> {
  const worker_id = await eventually(() => oneIn(app, 'hanging'))
  assert.deepEqual(await probe(app, '/readyz'), stands)
  return worker_id
}

async function withApp(
  env: Readonly<Record<string, string>>,
  act: (app: App) => Promise<void>,
): Promise<void> {
  const app = await startApp({ file, env })
  try {
    await act(app)
  } finally {
    await app.stop()
  }
}
