import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select } from '../../support/prometheus/page.ts'

const paths: readonly (readonly [path: string, expected: string])[] = [
  ['/orgs/acme/items/a', '/orgs/:org/items/:slug 503 503'],
  ['/orgs/globex/items/b', '/orgs/:org/items/:slug 503 503'],
  ['/shops/acme/items/a', '/shops/:shop/items/:slug 503 503'],
  ['/shops/globex/items/b', '/shops/:shop/items/:slug 503 503'],
  // A value that is equal to a part of the template.
  ['/api/users/users/items/users', '/api/users/:userId/items/:slug 503 503'],
  ['/api/users/api/items/items', '/api/users/:userId/items/:slug 503 503'],
  ['/orgs/acme/broken', '/orgs/:org/broken PaymentError 500'],
  ['/orgs/acme/late', '/orgs/:org/late PaymentError 500'],
  ['/shops/acme/broken', '/shops/:shop/broken TypeError 500'],
  ['/v1/deep/one', '/v1/deep/one 503 503'],
  ['/v2/deep/two/7', '/v2/deep/two/:id 503 503'],
  ['/a', '/a 503 503'],
  ['/b/2', '/b/:id 503 503'],
  ['/files/x/y', '/^\\/files\\/(.*)$/ 503 503'],
  ['/gone/1', '_UNMATCHED 404 404'],
  ['/page/1', '/page/:id 503 503'],
  ['/guarded', '/guarded RangeError 500'],
]

describe('Failed requests of an Express application have the template and the error', () => {
  for (const handler of ['', '1']) {
    const title = handler === '' ? 'without an error handler' : 'with an error handler'
    test(title, async () => {
      const env: Record<string, string> = handler === '' ? {} : { ERROR_HANDLER: handler }
      const app = await startApp({ file: 'apps/routes/express-mounts.mjs', env })
      try {
        const port = await app.ready()
        for (const [path] of paths) await get(port, path)
        const expected = paths.map(([, row]) => (handler ? row.replace(/ 500$/, ' 502') : row))
        await eventually(async () => {
          const page = await app.page()
          const failed = select(page, 'gunicorn_worker_failed_requests_total')
          const seen = failed.flatMap(({ labels, value }) =>
            Array(value).fill(
              `${labels['endpoint']} ${labels['error_type']} ${labels['status_code']}`,
            ),
          )
          assert.deepEqual(seen.sort(), [...expected].sort())
          const handled = select(page, 'gunicorn_worker_error_handling_total')
          const errors = handled.map(
            ({ labels }) => `${labels['endpoint']} ${labels['error_type']}`,
          )
          assert.deepEqual(errors.sort(), [
            '/guarded RangeError',
            '/orgs/:org/broken PaymentError',
            '/orgs/:org/late PaymentError',
            '/shops/:shop/broken TypeError',
          ])
          const faults = select(page, 'gunicorn_exporter_faults_total', { component: 'route' })
          assert.deepEqual(faults, [])
        })
      } finally {
        await app.stop()
      }
    })
  }
})
