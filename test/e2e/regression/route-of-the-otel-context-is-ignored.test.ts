// Bug: OpenTelemetry instrumentations keep the route in the context. A failed request had no route
// template under such a framework.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select } from '../../support/prometheus/page.ts'

test('A failed request has the route of the OTel context', async () => {
  const app = await startApp({ file: 'apps/routes/context-route.cjs' })
  try {
    const port = await app.ready()
    for (const path of ['/shops/north', '/shops/south', '/else/5']) await get(port, path)
    await eventually(async () => {
      const failed = select(await app.page(), 'gunicorn_worker_failed_requests_total')
      const seen = failed.map(({ labels, value }) => `${labels['endpoint']} ${value}`)
      assert.deepEqual(seen.sort(), ['/shops/:shop 2', '_UNMATCHED 1'])
    })
  } finally {
    await app.stop()
  }
})
