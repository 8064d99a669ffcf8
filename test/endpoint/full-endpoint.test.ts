import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import type { DropReason } from '../../src/endpoint/connections.ts'
import type { EndpointOptions } from '../../src/endpoint/endpoint.ts'
import { authorities, scratchDirectory } from '../support/endpoint/certificates.ts'
import { ask, open, page, pageOf, type Served, serve } from '../support/endpoint/endpoint.ts'
import { eventually } from '../support/programs/app.ts'

const scratch = scratchDirectory()
const room = 5
const request = 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'
/** More than the buffers of a socket hold, so that the page of a slow reader stays under way. */
const large = 'x 1\n'.repeat(2_500_000)

interface Full extends Served {
  readonly drops: DropReason[]
}

async function full(options: Partial<EndpointOptions> = {}): Promise<Full> {
  const drops: DropReason[] = []
  const served = await serve({
    maxConnections: room,
    onDropped: (reason) => drops.push(reason),
    page: () => pageOf(large),
    ...options,
  })
  return { ...served, drops }
}

/** A client that requests the page and does not read. */
async function stalled(port: number): Promise<Socket> {
  const socket = await open(port)
  socket.pause()
  socket.write(request)
  return socket
}

/** Sends requests without reading until the server, blocked by its responses, reads no more. */
async function stuff(socket: Socket, line: string): Promise<void> {
  socket.pause()
  for (let isAccepted = true; isAccepted; ) {
    isAccepted = socket.write(line.repeat(10_000))
    if (isAccepted) continue
    const drained = once(socket, 'drain').then(() => true)
    isAccepted = await Promise.race([drained, sleep(100, false)])
  }
}

describe('An endpoint with all connections in use', () => {
  test('replaces the oldest idle connection', async () => {
    const { port, drops } = await full()
    const sockets: Socket[] = []
    for (let count = 0; count < room; count += 1) sockets.push(await open(port))
    const [first, second] = sockets
    const ended = once((first as Socket).resume(), 'close')
    assert.equal((await ask(port)).text, large)
    await ended
    assert.deepEqual(drops, ['evicted'])
    assert.equal(second?.destroyed, false)
    for (const socket of sockets) socket.destroy()
  })

  test('has room again when connections close', async () => {
    const { port, drops } = await full({ page: () => pageOf(page) })
    for (let count = 0; count < 4 * room; count += 1) await ask(port)
    assert.deepEqual(drops, [])
  })

  test('keeps connections with a page under way', async () => {
    const { port, drops, scrapes } = await full()
    const idle = await open(port)
    const busy = await Promise.all(Array.from({ length: room - 1 }, () => stalled(port)))
    await eventually(() => assert.equal(scrapes.length, room - 1))
    const newcomers: Socket[] = []
    for (let count = 0; count < 3 * room; count += 1) newcomers.push(await open(port))
    await eventually(() => assert.equal(drops.length, 3 * room))
    assert.deepEqual([...new Set(drops)], ['evicted'])
    const texts = busy.map(async (socket) => {
      let length = 0
      socket.on('data', (data) => {
        length += data.length
      })
      socket.resume()
      await eventually(() => assert.ok(length > large.length))
      socket.destroy()
    })
    await Promise.all(texts)
    for (const socket of [idle, ...newcomers]) socket.destroy()
  })

  test('refuses a new connection while every connection has a page under way', async () => {
    const { port, drops, scrapes } = await full()
    const busy = await Promise.all(Array.from({ length: room }, () => stalled(port)))
    await eventually(() => assert.equal(scrapes.length, room))
    await assert.rejects(ask(port))
    assert.deepEqual(drops, ['refused'])
    busy[0]?.destroy()
    assert.equal((await eventually(() => ask(port))).text, large)
    for (const socket of busy) socket.destroy()
  })

  test('replaces connections with half a request', async () => {
    const { port, drops } = await full({ page: () => pageOf(page) })
    const halves: Socket[] = []
    for (let round = 0; round < 10; round += 1) {
      for (let count = 0; count < room; count += 1) {
        const socket = await open(port)
        socket.write(request.slice(0, 20 + round))
        halves.push(socket)
      }
      assert.equal((await ask(port)).text, page)
    }
    assert.ok(drops.length >= 9 * room, `${drops.length}`)
    assert.ok(!drops.includes('refused'))
    for (const socket of halves) socket.destroy()
  })

  test('replaces a connection with a pipeline of errors and probes', async () => {
    const { port, drops } = await full({ maxConnections: 1, page: () => pageOf(page) })
    for (const path of ['/nothing', '/healthz']) {
      const socket = await open(port)
      await stuff(socket, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      assert.equal((await ask(port)).text, page)
      socket.destroy()
    }
    assert.ok(!drops.includes('refused'))
  })

  test('replaces connections without a TLS handshake and keeps busy ones', async (context) => {
    const make = authorities(context, mkdtempSync(join(scratch, 'tls-')))
    if (!make) return
    const authority = make('authority')
    const { certfile, keyfile, cert: ca } = { ...authority.issue('server'), cert: authority.cert }
    const none = { clientCafile: undefined, clientCapath: undefined, clientAuthRequired: false }
    const { port, drops, scrapes } = await full({ tls: { certfile, keyfile, ...none } })
    const busy = connectTls({ port, host: '127.0.0.1', ca })
    await once(busy, 'secureConnect')
    busy.pause()
    busy.write(request)
    await eventually(() => assert.equal(scrapes.length, 1))
    const idle = connectTls({ port, host: '127.0.0.1', ca })
    await once(idle, 'secureConnect')
    const evicted = once(idle.resume(), 'close')
    const silent: Socket[] = []
    for (let count = 0; count < 4 * room; count += 1) silent.push(await open(port))
    await evicted
    assert.equal((await ask(port, { ca })).text, large)
    assert.ok(!drops.includes('refused'))
    let length = 0
    busy.on('data', (data) => {
      length += data.length
    })
    busy.resume()
    await eventually(() => assert.ok(length > large.length))
    for (const socket of [busy, ...silent]) socket.destroy()
  })

  test('refuses new connections on a unix socket', async () => {
    const path = join(mkdtempSync(join(scratch, 'unix-')), 's')
    const { drops } = await full({ address: { kind: 'unix', path } })
    const sockets = Array.from({ length: room }, () => connect(path))
    await Promise.all(sockets.map((socket) => once(socket, 'connect')))
    await assert.rejects(ask(0, { socketPath: path }))
    assert.deepEqual(drops, ['refused'])
    for (const socket of sockets) socket.destroy()
    assert.equal((await eventually(() => ask(0, { socketPath: path }))).status, 200)
  })

  test('has room again after pipelines without responses', async () => {
    const { port, scrapes } = await full()
    for (let count = 0; count < room; count += 1) {
      const socket = await open(port)
      socket.pause()
      socket.write(request.repeat(50))
      await eventually(() => assert.ok(scrapes.length >= 1))
      socket.destroy()
    }
    const idle: Socket[] = []
    for (let count = 0; count < 2 * room; count += 1) idle.push(await open(port))
    assert.equal((await eventually(() => ask(port))).text, large)
    for (const socket of idle) socket.destroy()
  })
})
