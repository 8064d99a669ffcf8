// Bug: the meter provider that the preload registers threw where OpenTelemetry's API without an SDK
// is silent. The error reached the application.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

test('The provider of the preload throws nothing at an application without an SDK', async () => {
  const app = await startApp({ file: 'apps/metrics/unreadable-metrics.cjs' })
  try {
    const { body } = await get(await app.ready(), '/')
    assert.deepEqual(JSON.parse(body), [])
    await eventually(async () => {
      const page = await app.page()
      assert.equal(sum(page, 'orders_total'), 3)
      assert.equal(sum(page, 'baskets'), 4)
      assert.equal(sum(page, 'level'), 5)
      assert.equal(sum(page, 'wait_sum'), 2)
    })
    for (const name of ['orders', 'baskets', 'level', 'wait']) {
      assert.match(app.stderr(), new RegExp(`metric ${name} are left out`))
    }
  } finally {
    await app.stop()
  }
})
