import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually, fixtures, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select } from '../../support/prometheus/page.ts'

const rolldown = join(import.meta.dirname, '../../../node_modules/.bin/rolldown')
const run = promisify(execFile)

test('A minified bundle of an Express application has its routes and errors', async (context) => {
  const file = join(await temporaryDirectory(context), 'bundle.cjs')
  const source = join(fixtures, 'apps/routes/express-mounts.mjs')
  const options = ['--platform', 'node', '--format', 'cjs', '--minify']
  await run(rolldown, [source, '--file', file, ...options])
  const app = await startApp({ file })
  try {
    const port = await app.ready()
    for (const path of ['/guarded', '/shops/acme/broken', '/orgs/acme/items/a']) {
      await get(port, path)
    }
    await eventually(async () => {
      const failed = select(await app.page(), 'gunicorn_worker_failed_requests_total')
      const seen = failed.map(({ labels }) => `${labels['endpoint']} ${labels['error_type']}`)
      assert.deepEqual(seen.sort(), [
        '/guarded RangeError',
        '/orgs/:org/items/:slug 503',
        '/shops/:shop/broken TypeError',
      ])
    })
  } finally {
    await app.stop()
  }
})
