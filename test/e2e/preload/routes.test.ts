import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select } from '../../support/prometheus/page.ts'

test('Failed requests of an Express application have its route templates', async () => {
  const app = await startApp({ file: 'apps/routes/express.mjs', preload: 'import' })
  try {
    const port = await app.ready()
    const paths = ['/api/users/0', '/api/users/bad', '/orders/7?x=1', '/files/a/b', '/nowhere/5']
    const mounted = ['/tenants/acme/orders/1', '/tenants/caf%C3%A9/orders/2', '/owners/3/things']
    for (const path of [...paths, '/api/users/42', ...mounted]) await get(port, path)
    const expected = [
      '/api/users/:id 403',
      '/api/users/:id 500',
      '/^\\/files\\/.*$/ 403',
      '/orders/:order 410',
      '/owners/:owner/things 503',
      '/tenants/:tenant/orders/:id 503',
      '_UNMATCHED 404',
    ]
    await eventually(async () => {
      const failed = select(await app.page(), 'gunicorn_worker_failed_requests_total')
      const seen = failed.map(({ labels }) => `${labels['endpoint']} ${labels['status_code']}`)
      assert.deepEqual(seen.sort(), expected.sort())
    })
  } finally {
    await app.stop()
  }
})
