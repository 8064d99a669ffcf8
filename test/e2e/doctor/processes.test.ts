import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import {
  eventually,
  fixtures,
  freePort,
  startApp,
  startProgram,
} from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { examine, finds, findsNothing } from '../../support/programs/doctor.ts'
import { get } from '../../support/programs/load.ts'
import { startPm2 } from '../../support/programs/pm2.ts'
import { needed } from '../../support/tools.ts'

const onLinux = { skip: process.platform !== 'linux' && 'other systems show no processes' }

describe('doctor', onLinux, () => {
  test('names workers without the preload, and is content with NODE_OPTIONS', async (given) => {
    const context = latestFirst(given)
    const file = 'apps/cluster/unpreloaded-workers.cjs'
    const broken = await startApp({ file })
    context.after(() => broken.stop())
    await broken.ready()
    const options = { args: ['--pid', `${broken.child.pid}`] }
    const { found, remedy } = await finds(options, 'worker-without-preload')
    assert.match(found, /Workers without the preload: 2/)
    assert.match(remedy ?? '', /NODE_OPTIONS="--require gunicorn-prometheus-exporter\/register"/)
    const mended = await startApp({ file, preload: 'NODE_OPTIONS' })
    context.after(() => mended.stop())
    await mended.ready()
    await findsNothing({ args: ['--pid', `${mended.child.pid}`] })
  })

  test('names a process without the preload', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', preload: 'none' })
    context.after(() => app.stop())
    await app.ready()
    const options = { args: ['--pid', `${app.child.pid}`] }
    const { findings } = await examine(options)
    assert.deepEqual(
      findings.filter(({ level }) => level === 'problem').map(({ id }) => id),
      ['process-without-preload', 'port-silent'],
    )
  })

  test('names a worker that hangs, and the remedy ends the hang', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: 'apps/cluster/cluster.cjs' })
    context.after(() => app.stop())
    const port = await app.ready()
    const hanging = Number((await get(port, '/pid')).body)
    let victim = 0
    const options = { args: ['--pid', `${app.child.pid}`] }
    await findsNothing(options)
    get(port, '/hang').catch(() => {})
    const { remedy } = await finds(options, 'worker-hanging')
    victim = Number(/`kill (\d+)`/.exec(remedy ?? '')?.[1])
    assert.ok(victim > 0 && hanging > 0)
    process.kill(victim)
    await eventually(async () => {
      const { findings } = await examine(options)
      assert.ok(!findings.some(({ id }) => id === 'worker-hanging'))
    })
  })

  test('names a stopped worker, and the remedy lets the worker go on', async (given) => {
    const context = latestFirst(given)
    const app = await startApp({ file: 'apps/cluster/cluster.cjs' })
    context.after(() => app.stop())
    const port = await app.ready()
    const worker = Number((await get(port, '/pid')).body)
    process.kill(worker, 'SIGSTOP')
    const options = { args: ['--pid', `${app.child.pid}`] }
    const { remedy } = await finds(options, 'worker-stopped')
    assert.match(remedy ?? '', new RegExp(`kill -CONT ${worker}\``))
    process.kill(worker, 'SIGCONT')
    await findsNothing(options)
  })

  test("names PM2's cluster mode without a shared directory", async (given) => {
    const context = latestFirst(given)
    const env = { PORT: `${await freePort()}` }
    const options = {
      file: 'cluster/draining.cjs',
      instances: 2,
      env,
      ecosystem: 'cluster',
    } as const
    const pm2 = await startPm2(context, options)
    if (!pm2) return
    await eventually(() => assert.equal(pm2.pids().length, 2))
    const [instance] = pm2.pids()
    const { remedy } = await finds({ args: ['--pid', `${instance}`] }, 'pm2-without-directory')
    assert.match(remedy ?? '', /PROMETHEUS_SHARED_DIR.* serve/)
  })

  test('names a Node.js that is too old', async (given) => {
    const context = latestFirst(given)
    const name = `node-linux-${process.arch}`
    const place = needed(given, await installPackages({ [name]: '18.20.8' }))
    if (!place) return
    const node = join(place.directory, 'node_modules', name, 'bin/node')
    const app = startProgram([node, join(fixtures, 'apps/cluster/cluster.cjs')], {})
    context.after(() => app.child.kill('SIGKILL'))
    await eventually(() => assert.match(app.stdout(), /ready/))
    const options = { args: ['--pid', `${app.child.pid}`] }
    const { found, remedy } = await finds(options, 'node-unsupported')
    assert.match(found, /v18\.20\.8/)
    assert.match(remedy ?? '', /Use Node\.js 20\.19 or later/)
  })
})
