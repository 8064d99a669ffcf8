import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually } from '../support/app.ts'
import { sum } from '../support/page.ts'
import { startRedis } from '../support/redis.ts'
import { burden, countsByInstance, startSharing } from '../support/sharing.ts'

describe('clusters that share one Redis', () => {
  test('are all on the page of each, with exact counts and one name each', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const apps = await startSharing(context, redis, { number: 2 })
    await burden(apps, 300)
    for (const app of apps) {
      await eventually(async () => {
        const page = await app.page()
        assert.deepEqual([...countsByInstance(page).values()].sort(), [300, 301])
        assert.ok(page.every(({ labels }) => labels['instance']))
        assert.equal(sum(page, 'gunicorn_exporter_redis_connected'), 2)
        assert.equal(sum(page, 'gunicorn_master_workers', { state: 'live' }), 4)
      })
    }
    const [one, other] = await Promise.all(
      apps.map(async (app) => [...countsByInstance(await app.page()).keys()]),
    )
    assert.deepEqual(one?.sort(), other?.sort())
  })
})
