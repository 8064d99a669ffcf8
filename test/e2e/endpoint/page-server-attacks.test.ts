import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { mountLimits } from '../../../src/limits/mount.ts'
import { requestLine } from '../../../src/mount/page-protocol.ts'
import { pageServerPort } from '../../support/endpoint/page-server-port.ts'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import { sum } from '../../support/prometheus/page.ts'

/* What a local user can do, who sees the port of the page server and does not know its token. */

const isVisible =
  process.platform === 'linux' ? {} : { skip: 'the test finds the port in /proc/net/tcp' }
const pages = 10
/** What one descriptor of a test may be late to be counted. */
const spareDescriptors = 60

interface Target {
  readonly app: App
  readonly port: number
  /** Of the page server. */
  readonly door: number
}

async function start(context: TestContext): Promise<Target> {
  const app = await startApp({ file: 'apps/mounted/mounted.cjs' })
  context.after(app.stop)
  const port = await app.ready()
  assert.equal((await get(port, '/metrics')).status, 200)
  const known = [port, Number(new URL(app.metricsUrl).port)]
  const door = pageServerPort(app.child.pid ?? 0, known)
  assert.ok(door !== undefined)
  return { app, port, door }
}

/** Statuses of mounted pages, one after the other: connections of the cluster go round. */
async function statuses(port: number): Promise<number[]> {
  const all: number[] = []
  for (let count = 0; count < pages; count += 1) all.push((await get(port, '/metrics')).status)
  return all
}

const good: readonly number[] = Array.from({ length: pages }, () => 200)

class Attackers {
  readonly sockets: Set<Socket> = new Set()
  #isStopped = false
  readonly #door: number

  constructor(context: TestContext, door: number) {
    this.#door = door
    context.after(() => this.stop())
  }

  stop(): void {
    this.#isStopped = true
    for (const socket of this.sockets) socket.destroy()
  }

  /** @returns once all have connected. */
  async open(count: number, act: (socket: Socket) => void = () => {}): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.#open(act)))
  }

  /** Each of `count` attackers connects again as soon as its connection ends. */
  keepOpening(count: number, act: (socket: Socket) => void): void {
    for (let index = 0; index < count; index += 1) {
      const again = (): void => {
        if (!this.#isStopped) this.#connect(act).once('close', again)
      }
      again()
    }
  }

  async #open(act: (socket: Socket) => void): Promise<void> {
    await once(this.#connect(act), 'connect').catch(() => {})
  }

  #connect(act: (socket: Socket) => void): Socket {
    const socket = connect(this.#door, '127.0.0.1')
      .on('error', () => {})
      .resume()
    this.sockets.add(socket)
    socket.once('close', () => this.sockets.delete(socket))
    socket.once('connect', () => act(socket))
    return socket
  }
}

/** A request of a program that does not know the token. */
const wrongLine = requestLine('0'.repeat(64), {
  method: 'GET',
  accept: undefined,
  acceptEncoding: undefined,
  query: '',
  authorization: undefined,
  isCertified: false,
})

describe('A local user without the token cannot block a mounted page', isVisible, () => {
  for (const count of [260, 5_000]) {
    const title = `with ${count} silent connections, which hold a bounded number of descriptors`
    test(title, async (context) => {
      const { app, port, door } = await start(context)
      const before = descriptorsOf(app)
      const attackers = new Attackers(context, door)
      for (let left = count; left > 0; left -= 100) await attackers.open(Math.min(left, 100))
      assert.deepEqual(await statuses(port), good)
      const most = before + mountLimits.pageServerConnections + spareDescriptors
      assert.ok(descriptorsOf(app) <= most, `${descriptorsOf(app)} > ${most}`)
    })
  }

  const forms: Readonly<Record<string, (socket: Socket) => void>> = {
    'half a request': (socket) => socket.write(wrongLine.slice(0, wrongLine.length / 2)),
    'a wrong token': (socket) => socket.write(wrongLine),
    'one byte at a time': (socket) => void drip(socket),
    'too much': (socket) => socket.write('x'.repeat(mountLimits.pageRequestBytes + 1)),
    'half-open connections': (socket) => socket.end(),
    resets: (socket) => socket.resetAndDestroy(),
    'requests of HTTP': (socket) => socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
  }
  test('with bytes of any kind on 260 connections that come back', async (context) => {
    const { app, port, door } = await start(context)
    for (const [form, act] of Object.entries(forms)) {
      const attackers = new Attackers(context, door)
      attackers.keepOpening(260, act)
      assert.deepEqual(await statuses(port), good, form)
      attackers.stop()
    }
    assert.equal(app.stderr(), '')
  })

  test('with silent connections that come back as soon as they are closed', async (context) => {
    const { app, port, door } = await start(context)
    new Attackers(context, door).keepOpening(400, () => {})
    assert.deepEqual(await statuses(port), good)
    await eventually(async () => {
      const dropped = { component: 'exporter_page_server_connections' }
      assert.ok(sum(await app.page(), 'gunicorn_exporter_faults_total', dropped) > 0)
    })
    assert.equal(app.stderr(), '')
  })
})

test(
  'A server on the port of an ended exporter thread gets no secret',
  isVisible,
  async (context) => {
    const { app, port, door } = await start(context)
    app.child.kill('SIGWINCH')
    let received = ''
    const impostor = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data) => {
        received += data.toString('latin1')
        socket.end('{"version":1,"status":200,"headers":{},"bodyBytes":6}\nforged')
      })
    })
    await eventually(async () => {
      impostor.listen(door, '127.0.0.1')
      await once(impostor, 'listening')
    })
    context.after(() => impostor.close())
    for (let count = 0; count < pages; count += 1) {
      const { status, body } = await getWith(port, { authorization: 'Bearer secret' })
      assert.equal(status, 200)
      assert.match(body, /^# TYPE gunicorn_exporter_scrapes_total counter$/m)
    }
    assert.ok(received.length > 0, 'no worker has asked the other server')
    const decoded = Buffer.from(received, 'base64').toString('latin1')
    assert.doesNotMatch(received + decoded, /secret|Bearer|authorization/)
  },
)

/** Over a new connection, so that both workers answer. */
async function getWith(port: number, headers: Record<string, string>) {
  const message = request({ host: '127.0.0.1', port, path: '/metrics', agent: false, headers })
  const [response] = await once(message.end(), 'response')
  return { status: response.statusCode, body: await text(response) }
}

async function drip(socket: Socket): Promise<void> {
  for (const character of wrongLine) {
    if (socket.destroyed) return
    socket.write(character)
    await sleep(100)
  }
}

function descriptorsOf({ child }: App): number {
  return readdirSync(`/proc/${child.pid}/fd`).length
}
