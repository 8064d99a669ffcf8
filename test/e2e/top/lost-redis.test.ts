import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopJson } from '../../../src/commands/top/top-json.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { startServe } from '../../support/programs/serve.ts'
import { sharing, startRedis } from '../../support/redis/redis.ts'
import { runTop } from '../../support/top/run-top.ts'

for (const [source, env] of [
  ['live', {}],
  ['metrics', { PROMETHEUS_LIVE_PAGE: 'false' }],
] as const) {
  test(`top says that a sidecar has lost Redis, by /${source}`, async (given) => {
    const context = latestFirst(given)
    const redis = await startRedis(context)
    if (redis === undefined) return
    const apps = [1, 2].map(async () => {
      const app = await startApp({ file: 'apps/single/single.cjs', env: sharing(redis.port) })
      context.after(() => app.stop())
      await app.ready()
      return app
    })
    const args = ['--redis-url', `redis://127.0.0.1:${redis.port}`]
    const sidecar = await startServe({ args, env })
    context.after(() => sidecar.stop())
    const url = sidecar.metricsUrl.replace('/metrics', '')
    const text = async (...more: string[]): Promise<string> => (await runTop([url, ...more])).stdout
    await eventually(async () => {
      assert.match(await text(), /^Workers: 2 live, 2 taking requests, 0 hanging, 0 stopped$/m)
    }, 60_000)
    assert.doesNotMatch(await text(), /^Note: redis/m)

    // Redis never gets the final states.
    redis.suspend()
    for (const app of apps) await (await app).stop()
    await redis.kill()

    await eventually(async () => {
      const shown = await text()
      assert.match(
        shown,
        /^Workers: 0 live, 0 taking requests, 0 hanging, 0 stopped, 2 stale$/m,
        shown,
      )
    }, 90_000)
    const shown = await text()
    assert.match(shown, /^Note: redis cannot be read \(.*ECONNREFUSED.*\); the page shows 2 inst/m)
    assert.match(shown, /^Note: .* instances from \d+ s ago\.$/m)
    assert.match(shown, /^Requests: –\/s, errors –\/s, active –$/m)
    assert.equal(shown.match(/^stale +worker_1_\d+ /gm)?.length, 2)
    const { workers, instances, unread } = JSON.parse(await text('--json')) as TopJson
    assert.match(unread.join(), /^redis cannot be read/)
    for (const worker of workers) {
      const { ageSeconds } = instances.find((each) => each.instance === worker.instance) ?? {}
      assert.ok((worker.reportAgeSeconds ?? 0) >= Math.floor(ageSeconds ?? 0), shown)
      assert.deepEqual([worker.state, worker.listening, worker.hang], ['stale', false, null])
      assert.deepEqual([worker.cpuPercent, worker.memoryBytes, worker.inFlight], [null, null, null])
    }
  })
}
