import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { type App, eventually } from '../../support/programs/app.ts'
import { type Sidecar, startServe } from '../../support/programs/serve.ts'
import { select, sum } from '../../support/prometheus/page.ts'
import { type RedisServer, sharing, startRedis } from '../../support/redis/redis.ts'
import { burden, countsOf, startSharing } from '../../support/redis/sharing.ts'

const nodeOnly = 'SIDECAR_NODE_ONLY'
const outside = 'gunicorn_sidecar_outside_instances'

describe('serve for one node over Redis', () => {
  test('shows its own applications, and the central one shows all', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const [one] = await startSharing(context, redis, { env: { NODE_NAME: 'node-1' } })
    const [two] = await startSharing(context, redis, { env: { NODE_NAME: 'node-2' } })
    const [nameless] = await startSharing(context, redis, {})
    assert.ok(one && two && nameless)
    for (const [index, app] of [one, two, nameless].entries()) await burden([app], 100 + index)
    const first = await served(context, redis, { NODE_NAME: 'node-1', [nodeOnly]: 'true' })
    const second = await served(context, redis, { NODE_NAME: 'node-2', [nodeOnly]: 'true' })
    const empty = await served(context, redis, { NODE_NAME: 'node-3', [nodeOnly]: 'true' })
    const central = await served(context, redis, {})
    await eventually(async () => {
      assert.deepEqual(countsOf(await first.page()), [100])
      assert.deepEqual(countsOf(await second.page()), [101])
      assert.deepEqual(countsOf(await empty.page()), [])
      assert.deepEqual(countsOf(await central.page()), [100, 101, 102])
    })
    await showsOutside(first, { other_node: 1, no_node_name: 1 })
    await showsOutside(empty, { other_node: 2, no_node_name: 1 })
    assert.deepEqual(select(await central.page(), outside), [])
    // A node without applications is ready: otherwise a rollout of the DaemonSet would stop there.
    assert.equal((await empty.probe('/readyz')).status, 200)
    assert.match(first.stderr(), /reading Redis for node "node-1"/)
    assert.match(first.stderr(), /\[WARNING\].*Redis has applications without NODE_NAME/)
    assert.doesNotMatch(central.stderr(), /NODE_NAME/)
    await countsOn(one, first)
  })

  test('moves the totals of an application to the page of its next node', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const instance = { OTEL_RESOURCE_ATTRIBUTES: 'service.instance.id=shop-0' }
    const before = { NODE_NAME: 'node-1', OTEL_SERVICE_NAME: 'shop', ...instance }
    const [app] = await startSharing(context, redis, { env: before })
    assert.ok(app)
    const first = await served(context, redis, { NODE_NAME: 'node-1', [nodeOnly]: 'true' })
    const second = await served(context, redis, { NODE_NAME: 'node-2', [nodeOnly]: 'true' })
    await burden([app], 50)
    await eventually(async () => assert.deepEqual(countsOf(await first.page()), [50]))
    await app.stop()
    const [moved] = await startSharing(context, redis, { env: { ...before, NODE_NAME: 'node-2' } })
    assert.ok(moved)
    await burden([moved], 7)
    await eventually(async () => {
      const pages = [await first.page(), await second.page()]
      assert.deepEqual(countsOf(pages[0] ?? []), [])
      assert.equal(sum(pages[1] ?? [], 'gunicorn_worker_requests_total'), 57)
    }, 30_000)
  })
})

/** The reader reads its own node at each scrape, after it has left the others out. */
async function countsOn(app: App, sidecar: Sidecar): Promise<void> {
  await burden([app], 10)
  await eventually(async () => assert.deepEqual(countsOf(await sidecar.page()), [110]))
  const { origins } = await sidecar.status()
  const [origin] = origins
  assert.ok(origin && 'node' in origin && 'outside' in origin)
  assert.equal(origin.node, 'node-1')
  assert.deepEqual(origin.outside, { other_node: 1, no_node_name: 1 })
}

async function showsOutside(sidecar: Sidecar, counts: Record<string, number>): Promise<void> {
  await eventually(async () => {
    const page = await sidecar.page()
    for (const [reason, count] of Object.entries(counts)) {
      assert.equal(sum(page, outside, { origin: 'redis', reason }), count)
    }
  })
}

async function served(
  context: TestContext,
  { port }: RedisServer,
  env: Readonly<Record<string, string>>,
): Promise<Sidecar> {
  const sidecar = await startServe({ env: { ...sharing(port), ...env } })
  context.after(() => sidecar.stop())
  return sidecar
}
