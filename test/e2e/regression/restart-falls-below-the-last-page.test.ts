// Bug: the page of a primary showed counts that Redis did not have yet. After SIGKILL, the
// successor started below the last page, and counters fell.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { type App, eventually, freePort } from '../../support/programs/app.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { requestTotal, startSharing, statusOf } from '../../support/redis/sharing.ts'

const orders = 'orders_total'

const pushed = { file: 'apps/cluster/pushed.cjs', env: { END: 'exit' } } as const

test('A restarted primary starts no counter below the last page before', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const env = { PROMETHEUS_METRICS_PORT: String(await freePort()), REDIS_COLLECT_INTERVAL: '2' }
  const start = async (): Promise<App> => {
    const [app] = await startSharing(context, redis, { ...pushed, env })
    assert.ok(app)
    return app
  }
  const total = (page: readonly Sample[]): number => sum(page, orders)
  const first = await start()
  await eventually(async () => assert.ok((await statusOf(first)).totalPublishes > 1))
  let last: Sample[] = []
  await underLoad({ port: await first.ready(), connections: 2 }, async () => {
    const grows = async (before: number): Promise<void> => {
      last = await first.page()
      assert.ok(total(last) > before, `${total(last)}`)
    }
    await eventually(() => grows(0))
    // The kill comes right after the page has shown a higher count.
    await eventually(() => grows(total(last)))
    await kill(first)
  })
  const second = await start()
  const page = await eventually(async () => {
    const found = await second.page()
    assert.ok(total(found) > 0)
    return found
  })
  for (const name of [orders, 'amount_count', 'amount_sum', 'amount_bucket', requestTotal]) {
    for (const { labels, value } of select(last, name)) {
      const present = select(page, name, labels)
      assert.ok(present.length === 1 && (present[0]?.value ?? 0) >= value, `${name} ${value}`)
    }
  }
})

async function kill(app: App): Promise<void> {
  const ended = once(app.child, 'exit')
  app.child.kill('SIGKILL')
  await ended
  await app.stop()
}
