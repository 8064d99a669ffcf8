// Bug: a cluster with a value above the size limit wrote nothing and then read nothing. The page
// showed no peers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../../support/programs/app.ts'
import { select } from '../../support/prometheus/page.ts'
import { startRedis } from '../../support/redis/redis.ts'
import { countsByInstance, startSharing, statusOf } from '../../support/redis/sharing.ts'

test('A cluster with a value above the size limit still reads its peers', async (context) => {
  const redis = await startRedis(context)
  if (!redis) return
  const [other] = await startSharing(context, redis, {})
  const env = { SERIES: '600', SERIES_BYTES: '40000' }
  const [app] = await startSharing(context, redis, { file: 'apps/single/large-series.cjs', env })
  assert.ok(app && other)
  await eventually(async () => {
    const { lastError, peers } = await statusOf(app)
    assert.match(lastError ?? '', /too large for Redis/)
    assert.equal(peers['live'], 1)
  }, 60_000)
  await eventually(async () => {
    const page = await app.page()
    assert.equal(countsByInstance(page).size, 2)
    assert.equal(select(page, 'large_total').length, 600)
  })
})
