import assert from 'node:assert/strict'
import { once } from 'node:events'
import { copyFile } from 'node:fs/promises'
import { type ClientHttp2Session, connect } from 'node:http2'
import { join } from 'node:path'
import { test } from 'node:test'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { eventually, fixtures, freePort, startApp } from '../../support/programs/app.ts'
import { select } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

test('Fastify over HTTP/2 shows its routes and errors', async (context) => {
  const installed = needed(context, await installPackages({ fastify: '5.12.8' }))
  if (installed === undefined) return
  const file = join(installed.directory, 'http2.cjs')
  await copyFile(join(fixtures, 'frameworks/fastify.cjs'), file)
  const port = await freePort()
  const app = await startApp({ file, env: { PORT: String(port), HTTP2: '1' } })
  context.after(() => app.stop())
  await eventually(() => assert.equal(app.stdout(), 'listening\nlistening\n', app.stderr()))
  const session = connect(`http://127.0.0.1:${port}`)
  context.after(() => session.destroy())
  for (const path of ['/users/7', '/orgs/acme/items/a', '/gone', '/throw']) await get(session, path)
  await eventually(async () => {
    const samples = select(await app.page(), 'http_server_request_duration_seconds_count')
    const seen = samples.map(({ labels, value }) => {
      const {
        http_route: route,
        error_type: error = '-',
        network_protocol_version: version,
      } = labels
      return `${route} ${error} HTTP/${version}: ${value}`
    })
    assert.deepEqual(seen.sort(), [
      '/orgs/:org/items/:item - HTTP/2: 1',
      '/throw BoomError HTTP/2: 1',
      '/users/:id - HTTP/2: 1',
      '_UNMATCHED - HTTP/2: 1',
    ])
  })
})

async function get(session: ClientHttp2Session, path: string): Promise<void> {
  const stream = session.request({ ':path': path })
  stream.resume()
  await once(stream, 'close')
}
