import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { countTurns } from '../../support/programs/turns.ts'
import { type Sample, select } from '../../support/prometheus/page.ts'
import { startFleet } from '../../support/redis/fleet.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { startSharing, statusOf } from '../../support/redis/sharing.ts'

const clusters = 30

describe('A primary beside thirty clusters', { concurrency: true }, () => {
  test('draws little from Redis while nobody asks for its page', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const fleet = await startFleet(context, redis, { number: clusters })
    const relay = await countTurns(context, redis.port)
    const [app] = await startSharing(context, relay, {})
    assert.ok(app)
    await eventually(async () => {
      const { live, unread } = (await statusOf(app)).peers
      assert.deepEqual([live, unread], [clusters, 0])
    })
    const sample = async (least: number) =>
      await eventually(async () => {
        const { totalPublishes } = await statusOf(app)
        assert.ok(totalPublishes >= least)
        return { totalPublishes, bytes: relay.sentBytes(), at: performance.now() }
      })
    const [before, beganRounds] = [await sample(0), fleet.rounds()]
    const after = await sample(before.totalPublishes + 20)
    assert.ok(fleet.rounds() > beganRounds)
    const seconds = (after.at - before.at) / 1_000
    const drawn = after.bytes - before.bytes
    // Each round of the fleet is 90 kB, and the fleet makes up to five rounds per second.
    assert.ok(drawn < 50_000 * seconds + 60_000, `${drawn} bytes in ${seconds} s`)
    await eventually(async () => assert.equal((await statusOf(app)).peers['live'], clusters))
  })

  test('shows the last value of each cluster, also after a rest', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const fleet = await startFleet(context, redis, { number: clusters })
    const [app] = await startSharing(context, redis, {})
    assert.ok(app)
    await eventually(async () => assert.ok((await statusOf(app)).connected))
    for (const value of [5, 6]) {
      const { totalPublishes } = await statusOf(app)
      await eventually(async () =>
        assert.ok((await statusOf(app)).totalPublishes >= totalPublishes + 10),
      )
      await fleet.count(value)
      await eventually(async () => {
        const page = await app.page()
        assert.deepEqual(ordersOf(page), new Map(fleet.instances.map((each) => [each, value])))
      })
    }
  })

  test('finds a silent cluster without a request for its page', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const fleet = await startFleet(context, redis, { number: clusters })
    const [app] = await startSharing(context, redis, {})
    assert.ok(app)
    await eventually(async () => assert.equal((await statusOf(app)).peers['live'], clusters))
    fleet.silence('cluster-7')
    await eventually(async () => {
      const { live, stale } = (await statusOf(app)).peers
      assert.deepEqual([live, stale], [clusters - 1, 1])
    })
  })
})

function ordersOf(page: readonly Sample[]): Map<string, number> {
  const orders = select(page, 'orders_total')
  return new Map(orders.map(({ labels, value }) => [labels['instance'] ?? '', value]))
}
