import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, freePort, startApp, workingDirectory } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { select, sum } from '../../support/prometheus/page.ts'

/* Runs the program of docs/routes.md with another port. */

const root = join(import.meta.dirname, '../../..')
const document = readFileSync(join(root, 'docs/routes.md'), 'utf8')
const programs = Array.from(
  document.matchAll(/<!-- file: items\.mjs -->\n```js\n([\s\S]*?)```/g),
  ([, code = '']) => code,
)

test('This file runs every program of the document', () => {
  assert.equal(programs.length, 1)
  assert.equal(document.match(/^```(?:js|ts)/gm)?.length, 1)
})

test('The program of the document names its route and tells its error', async (context) => {
  // Beside the package that the program imports.
  const directory = mkdtempSync(join(workingDirectory, '.docs-'))
  context.after(() => rmSync(directory, { recursive: true }))
  const port = await freePort()
  const file = join(directory, 'items.mjs')
  writeFileSync(file, (programs[0] ?? '').replace('8000', String(port)))
  const app = await startApp({ file })
  context.after(app.stop)

  await eventually(() => get(port, '/items/1'))
  assert.equal((await get(port, '/items/2')).body, '/items/2\n')
  assert.equal((await get(port, '/items/7')).status, 500)

  await eventually(async () => {
    const page = await app.page()
    const count = 'http_server_request_duration_seconds_count'
    assert.deepEqual(
      [...new Set(select(page, count).map(({ labels }) => labels['http_route']))],
      ['/items/:item'],
    )
    assert.equal(sum(page, count, { error_type: 'RangeError' }), 1)
    assert.equal(sum(page, count), 3)
    const told = { endpoint: '/items/:item', error_type: 'RangeError' }
    assert.equal(sum(page, 'gunicorn_worker_failed_requests_total', told), 1)
    assert.equal(sum(page, 'gunicorn_worker_error_handling_total', told), 1)
  })
})
