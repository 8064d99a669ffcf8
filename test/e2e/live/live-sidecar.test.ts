import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LiveDocument } from '../../../src/model/live/live-document.ts'
import { eventually, startApp } from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { sendUnanswered } from '../../support/programs/hang.ts'
import { endpointUrl, liveDocument, ratesIn } from '../../support/programs/live.ts'
import { load } from '../../support/programs/load.ts'
import { startServe } from '../../support/programs/serve.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { sharing, startRedis } from '../../support/redis/redis.ts'

describe('The live data of serve', () => {
  test('have all instances, and one by one', async (given) => {
    const context = latestFirst(given)
    const directory = await temporaryDirectory(context)
    const start = async (name: string): Promise<{ port: number; stop: () => Promise<void> }> => {
      const app = await startApp({
        file: 'apps/cluster/cluster.cjs',
        env: {
          PROMETHEUS_SHARED_DIR: directory,
          OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${name}`,
        },
      })
      context.after(() => app.stop())
      return { port: await app.ready(), stop: () => app.stop() }
    }
    const one = await start('one')
    const two = await start('two')
    const sidecar = await startServe({ args: ['--shared-dir', directory] })
    context.after(() => sidecar.stop())
    const names = await eventually(async () => {
      const { kind, instances, workers } = await liveDocument(sidecar)
      assert.deepEqual([kind, instances.length, workers.length], ['sidecar', 2, 4])
      return instances.map(({ instance }) => instance)
    })
    const ask = async (instance: string): Promise<LiveDocument> =>
      await liveDocument(sidecar, `?instance=${encodeURIComponent(instance)}`)
    await Promise.all(names.map(ask))
    const loaded = eventually(async () => {
      await load({ port: one.port, paths: ['/', '/status?code=500'], count: 40, connections: 4 })
      const all = await liveDocument(sidecar)
      const busy = all.instances.filter(({ requestsPerSecond }) => (requestsPerSecond ?? 0) > 0)
      assert.equal(busy.length, 1)
      const [instance] = busy
      assert.ok(instance && (instance.errorsPerSecond ?? 0) > 0)
      return { all, instance: instance.instance }
    })
    const { all, instance } = await loaded
    assert.ok((all.headline.requestsPerSecond ?? 0) > 0)
    await eventually(async () => {
      const busy = await ask(instance)
      assert.equal(busy.instance, instance)
      assert.equal(busy.workers.length, 2)
      assert.ok(busy.workers.every((worker) => worker.instance === instance))
      assert.ok((busy.headline.requestsPerSecond ?? 0) > 0)
      assert.ok(busy.routes.some(({ route, errors }) => route === '/status' && errors > 0))
      const idle = await ask(names.find((name) => name !== instance) ?? '')
      assert.equal(idle.headline.requestsPerSecond, 0)
      assert.deepEqual(idle.routes, [])
      const shown = await liveDocument(sidecar)
      assert.ok(ratesIn(shown).every((rate) => rate >= 0 && rate < 10_000))
    })
    sendUnanswered(two.port, '/hang')
    await eventually(async () => {
      const { workers, headline } = await liveDocument(sidecar)
      assert.equal(headline.workers.hanging, 1)
      assert.equal(workers.find(({ hang }) => hang)?.instance === instance, false)
    })
    const missing = await fetch(endpointUrl(sidecar, '/live?instance=three'))
    assert.equal(missing.status, 404)
  })

  test('follow the clusters in Redis, although nobody scrapes', async (context) => {
    const redis = await startRedis(context)
    if (!redis) return
    const env = sharing(redis.port)
    const app = await startApp({ file: 'apps/cluster/cluster.cjs', env })
    context.after(() => app.stop())
    const port = await app.ready()
    const sidecar = await startServe({ env })
    context.after(() => sidecar.stop())
    for (const requests of [20, 40]) {
      await load({ port, paths: ['/'], count: 20, connections: 2 })
      await eventually(async () => {
        const { instances, exporter } = await liveDocument(sidecar)
        assert.deepEqual(
          instances.map(({ origin, state, requests: count }) => [origin, state, count]),
          [['redis', 'live', requests]],
        )
        assert.deepEqual(exporter.scrapes, { 200: 0 })
        assert.equal(exporter.redis?.['connected'], true)
      })
    }
  })
})
