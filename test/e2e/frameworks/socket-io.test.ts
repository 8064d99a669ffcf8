import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { writeApp } from '../../support/frameworks/app-form.ts'
import { frameworkMatrix } from '../../support/frameworks/framework-matrix.ts'
import type { FrameworkRow } from '../../support/frameworks/framework-row.ts'
import { installPackages } from '../../support/frameworks/installed-packages.ts'
import { type App, eventually, freePort, startApp } from '../../support/programs/app.ts'
import { type Sample, select, sum } from '../../support/prometheus/page.ts'
import { needed } from '../../support/tools.ts'

const start = 'EIO=4&transport=polling&session=s'

const row: FrameworkRow = {
  framework: 'Socket.IO',
  app: 'frameworks/socket-io.cjs',
  versions: [{ packages: { 'socket.io': '4.0.0' } }, { packages: { 'socket.io': '4.8.4' } }],
  forms: ['cjs', 'esm', 'ts', 'tsx'],
  requests: [
    { title: 'handshake', path: `/socket.io/?${start}`, status: 200, route: '/socket.io/' },
    {
      title: 'unknown session',
      path: `/socket.io/?${start}&sid=gone`,
      status: 400,
      route: '/socket.io/',
    },
    {
      title: 'unknown transport, at a longer path',
      path: '/socket.io/scan/1?transport=pigeon',
      status: 400,
      route: '/socket.io/',
    },
    { title: 'another path', path: `/chat/live/?${start}`, status: 200, route: '/chat/live/' },
    { title: 'plain', path: '/plain', status: 200, route: '/plain' },
  ],
}

frameworkMatrix(row)

// The default path is known without the module.
frameworkMatrix({
  ...row,
  framework: 'Socket.IO in a bundle',
  versions: row.versions.slice(-1),
  forms: ['bundle', 'bundle-esm'],
  external: ['bufferutil', 'utf-8-validate'],
  requests: row.requests.filter(({ title }) => title !== 'another path'),
})

test('Polls of Socket.IO that wait are in no histogram of durations', async (context) => {
  const installed = needed(context, await installPackages({ 'socket.io': '4.8.4' }))
  if (installed === undefined) return
  const form = await writeApp(context, { row, form: 'cjs', installed: installed.directory })
  assert.ok(form)
  const port = await freePort()
  const app = await startApp({
    file: form.file,
    cwd: form.directory,
    env: { PORT: String(port), WORKERS: '1', GUNICORN_HTTP_LONG_POLLS: '/socket.io/**' },
  })
  context.after(() => app.stop())
  await eventually(() => assert.match(app.stdout(), /listening/))
  const requests = (await poll(app, port)) + (await useWebSocket(port))
  await fetch(`http://127.0.0.1:${port}/plain`)
  await eventually(async () => {
    const page = await app.page()
    assert.equal(sum(page, 'gunicorn_worker_requests_total'), requests + 1)
    assert.equal(sum(page, 'gunicorn_worker_request_duration_seconds_count'), 1)
    const routes = select(page, 'http_server_request_duration_seconds_count')
    assert.deepEqual(routes.map(routeOf), ['/plain'])
    assert.equal(sum(page, 'http_server_active_requests'), 0)
  })
})

function routeOf({ labels }: Sample): string | undefined {
  return labels['http_route']
}

/** Opens a session, and polls until the server has a message. @returns the count of requests. */
async function poll(app: App, port: number): Promise<number> {
  const url = `http://127.0.0.1:${port}/socket.io/?${start}`
  const session = `${url}&sid=s`
  await (await fetch(url)).text()
  await (await fetch(session, { method: 'POST', body: '40' })).text()
  assert.match(await (await fetch(session)).text(), /^40/)
  const waiting = fetch(session)
  await eventually(async () => {
    assert.equal(sum(await app.page(), 'http_server_active_requests'), 1)
  })
  await (await fetch(session, { method: 'POST', body: '42["ask"]' })).text()
  assert.equal(await (await waiting).text(), '42["answer"]')
  return 5
}

/** Talks over a WebSocket, whose upgrade is no request. */
async function useWebSocket(port: number): Promise<number> {
  const socket = new WebSocket(
    `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket&session=w`,
  )
  const messages: unknown[] = []
  socket.addEventListener('message', ({ data }) => messages.push(data))
  await once(socket, 'open')
  socket.send('40')
  await eventually(() => assert.equal(messages.length, 2))
  socket.send('42["ask"]')
  await eventually(() => assert.equal(messages.at(-1), '42["answer"]'))
  socket.close()
  return 0
}
