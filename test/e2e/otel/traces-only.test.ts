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
  for (const [order, nodeArgs] of [
    ['before the preload', [...sdk, ...preload]],
    ['after the preload', [...preload, ...sdk]],
  ] as const) {
    test(`${order} leaves the routes to the exporter`, async () => {
      const file = 'apps/routes/own-routes.cjs'
      const app = await startApp({ file, preload: 'none', nodeArgs })
      try {
        const port = await app.ready()
        for (const path of ['/items/a', '/items/b']) await get(port, path)
        await eventually(async () => {
          const page = await app.page()
          assert.equal(sum(page, count), 2)
          const routes = select(page, count).map(({ labels }) => labels['http_route'])
          assert.deepEqual([...new Set(routes)], ['/items/{item}'])
        })
      } finally {
        await app.stop()
      }
    })
  }
})
