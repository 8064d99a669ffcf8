import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forwarderStatus } from '../../../src/preload/forwarder-status.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSharing, statusOf } from '../../support/redis/sharing.ts'

const file = 'apps/cluster/forwarding.cjs'

test('forwarderStatus() returns in the primary what /status shows', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [app] = await startSharing(context, redis, { file })
  assert.ok(app)
  await eventually(async () => {
    app.child.kill('SIGUSR2')
    const status = JSON.parse(
      /^status (.+)$/m.exec(app.stdout().split('\n').slice(-2).join('\n'))?.[1] ?? 'null',
    )
    assert.ok(status.totalPublishes > 0 && status.totalForwards > 0)
    const { instance } = await statusOf(app)
    assert.equal(status.instance, instance)
    const { running, connected, lastError } = status
    assert.deepEqual(
      { running, connected, lastError },
      { running: true, connected: true, lastError: null },
    )
  })
  assert.equal((await get(await app.ready(), '/')).body, 'null')
})

test('forwarderStatus() returns null without sharing and without the preload', async (context) => {
  assert.equal(await forwarderStatus(), undefined)
  for (const preload of ['require', 'none'] as const) {
    const app = await startApp({ file, preload })
    context.after(() => app.stop())
    await app.ready()
    await eventually(() => {
      app.child.kill('SIGUSR2')
      assert.match(app.stdout(), /^status null$/m)
    })
  }
})
