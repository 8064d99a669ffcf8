import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import * as http from 'node:http'
import * as https from 'node:https'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import {
  type App,
  eventually,
  freePort,
  nodeUnderTest,
  startApp,
} from '../../support/programs/app.ts'
import { latestFirst } from '../../support/programs/belongings.ts'
import { temporaryDirectory } from '../../support/programs/temporary-directory.ts'
import { select, sum } from '../../support/prometheus/page.ts'

const [major = 0, minor = 0] = execFileSync(nodeUnderTest, ['--version'], { encoding: 'utf8' })
  .slice(1)
  .split('.')
  .map(Number)
const hasReusePort = major > 23 || (major === 23 && minor >= 1)
const reusePort = { skip: hasReusePort ? false : 'Node has reusePort from 23.1' }

for (const mode of ['reusePort', 'exclusive']) {
  const options = mode === 'reusePort' ? reusePort : {}
  test(
    `Workers that listen with ${mode} count as listening, with connections`,
    options,
    async (t) => {
      const { app, port } = await started(t, mode)
      await eventually(() => assertListening(app, 2))
      await openConnections(t, port, 4)
      await eventually(() => assertConnections(app, 4))
    },
  )

  test(
    `Workers with a server of TCP that listens with ${mode} count as listening`,
    options,
    async (t) => {
      const { app } = await started(t, `raw ${mode}`)
      await eventually(() => assertListening(app, 2))
    },
  )
}

test('Workers that listen on a socket in the file system count as listening', async (t) => {
  const path = join(await temporaryDirectory(latestFirst(t)), 'app.sock')
  const { app } = await started(t, 'unix', { SOCKET: path })
  await eventually(() => assertListening(app, 2))
  const sockets = [connect(path), connect(path), connect(path)]
  t.after(() => sockets.forEach((socket) => void socket.destroy()))
  await eventually(() => assertConnections(app, 3))
})

test('A worker counts as listening until its last server closes', async (t) => {
  const mode = 'two ports'
  const { app, port } = await started(t, mode, { WORKERS: '1' })
  await eventually(() => assertListening(app, 1))
  const agent = keptAgent(t, mode)
  await get(port, '/close', agent)
  await eventually(async () => {
    assert.equal(sum(await app.page(), 'gunicorn_worker_requests_total'), 1)
    await assertListening(app, 1)
  })
  await get(port, '/close-all', agent)
  await eventually(() => assertListening(app, 0))
})

for (const mode of ['sticky', 'sticky https']) {
  test(`Workers that get sockets from the primary count as listening (${mode})`, async (t) => {
    const { app, port } = await started(t, mode)
    // The primary hands sockets over, so the cluster takes requests from the start.
    await eventually(async () => {
      assert.equal(sum(await app.page(), 'gunicorn_master_workers', { state: 'live' }), 2)
      assert.equal((await readiness(app)).status, 200)
    })
    const agents = Array.from({ length: 4 }, () => keptAgent(t, mode))
    for (const agent of agents) await get(port, '/', agent)
    await eventually(() => assertListening(app, 2))
    await eventually(() => assertConnections(app, 4))
    agents[0]?.destroy()
    await eventually(() => assertConnections(app, 3))
  })
}

test('An upgraded socket from the primary counts as a connection until its end', async (t) => {
  const { app, port } = await started(t, 'sticky', { WORKERS: '1' })
  const [socket] = await openConnections(t, port, 1)
  assert.ok(socket)
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n')
  const [data] = await once(socket, 'data')
  assert.match(String(data), /^HTTP\/1.1 101/)
  await openConnections(t, port, 1)
  await get(port, '/', keptAgent(t, 'sticky'))
  await eventually(() => assertConnections(app, 3))
  socket.destroy()
  await eventually(() => assertConnections(app, 2))
})

interface Started {
  readonly app: App
  readonly port: number
}

async function started(
  t: TestContext,
  mode: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const variables = { MODE: mode, APP_PORT: String(await freePort()), ...env }
  const app = await startApp({ file: 'apps/cluster/listening.cjs', env: variables })
  t.after(() => app.stop())
  return { app, port: await app.ready() }
}

async function assertListening(app: App, workers: number): Promise<void> {
  const page = await app.page()
  assert.equal(sum(page, 'gunicorn_master_workers', { state: 'listening' }), workers)
  assert.equal(sum(page, 'gunicorn_worker_listening'), workers)
  const { status, text } = await readiness(app)
  assert.equal(status, workers > 0 ? 200 : 503, text)
}

async function assertConnections(app: App, open: number): Promise<void> {
  const page = await app.page()
  assert.equal(select(page, 'gunicorn_worker_connections').length > 0, true)
  assert.equal(sum(page, 'gunicorn_worker_connections'), open)
}

async function readiness(app: App): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(app.metricsUrl.replace('/metrics', '/readyz'))
  return { status: response.status, text: await response.text() }
}

async function openConnections(t: TestContext, port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  t.after(() => sockets.forEach((socket) => void socket.destroy()))
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets
}

/** An agent with a single connection, open until the end of the test. */
function keptAgent(t: TestContext, mode: string): http.Agent {
  const options = { keepAlive: true, maxSockets: 1, rejectUnauthorized: false }
  const agent = mode.endsWith('https') ? new https.Agent(options) : new http.Agent(options)
  t.after(() => agent.destroy())
  return agent
}

async function get(port: number, path: string, agent: http.Agent): Promise<void> {
  const { request } = agent instanceof https.Agent ? https : http
  const message = request({ host: '127.0.0.1', port, path, agent })
  message.end()
  const [response] = await once(message, 'response')
  response.resume()
  await once(response, 'end')
}
