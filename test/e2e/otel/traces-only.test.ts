import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { eventually, fixtures, preloadFlags, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const count = 'http_server_request_duration_seconds_count'
const sdk = ['--require', join(fixtures, 'apps/sdk/traces.cjs')]
const preload = preloadFlags('require')

describe('An SDK for traces alone', () => {
  for (const [order, nodeArgs, route] of [
    ['before the preload leaves the routes to the exporter', [...sdk, ...preload], '/items/{item}'],
    ['after the preload makes the metric without a route', [...preload, ...sdk], undefined],
  ] as const) {
    test(order, async () => {
      const file = 'apps/routes/own-routes.cjs'
      const app = await startApp({ file, preload: 'none', nodeArgs })
      try {
        const port = await app.ready()
        for (const path of ['/items/a', '/items/b']) await get(port, path)
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, count), 2)
          const routes = select(page, count).map(({ labels }) => labels['http_route'])
          assert.deepEqual([...new Set(routes)], [route])
        })
      } finally {
        await app.stop()
      }
    })
  }
})
