import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type App,
  type AppOptions,
  eventually,
  fixtures,
  startApp,
} from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select } from '../../support/prometheus/page.ts'

/*
 * A process without workers counts the signals that its application listens for, as a master does.
 */

const ways: Record<string, Partial<AppOptions>> = {
  'under the preload': {},
  'in a user’s own SDK': {
    preload: 'none',
    nodeArgs: ['--require', join(fixtures, 'apps/sdk/default-sdk.cjs')],
  },
}

for (const [way, options] of Object.entries(ways)) {
  test(`A single process ${way} counts the signals that it listens for`, async (context) => {
    const app = await startApp({ file: 'apps/single/signals.cjs', ...options })
    context.after(() => app.stop())
    const port = await app.ready()
    // At zero before the first signal, so that rate() sees the first signal.
    await eventually(async () => assert.deepEqual(await signalsOf(app), { hup: 0 }))
    app.child.kill('SIGHUP')
    await eventually(async () => assert.deepEqual(await signalsOf(app), { hup: 1 }))
    await get(port, '/')
    await eventually(async () => assert.deepEqual(await signalsOf(app), { hup: 1, usr2: 0 }))
    app.child.kill('SIGHUP')
    app.child.kill('SIGUSR2')
    await eventually(async () => assert.deepEqual(await signalsOf(app), { hup: 2, usr2: 1 }))
    assert.deepEqual(app.stdout().split('\n').slice(1, -1).sort(), ['hup', 'hup', 'usr2'])
    const page = await app.page()
    const master = page.filter(({ name }) => name.startsWith('gunicorn_master_'))
    assert.deepEqual(
      new Set(master.map(({ name }) => name)),
      new Set(['gunicorn_master_worker_restart_total']),
    )
  })
}

test('A single process without a listener keeps the action of a signal', async (context) => {
  const app = await startApp({ file: 'apps/single/single.cjs' })
  context.after(() => app.stop())
  await app.ready()
  await eventually(async () => assert.ok((await app.page()).length > 0))
  assert.deepEqual(select(await app.page(), 'gunicorn_master_worker_restart_total'), [])
  app.child.kill('SIGUSR2')
  assert.equal((await app.ended).signal, 'SIGUSR2')
})

async function signalsOf(app: App): Promise<Readonly<Record<string, number>>> {
  const samples = select(await app.page(), 'gunicorn_master_worker_restart_total')
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['reason'], value]))
}
