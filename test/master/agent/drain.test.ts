import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, Server as HttpServer, type ServerResponse } from 'node:http'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect as connectHttp2,
  createServer as createHttp2Server,
  type ServerHttp2Stream,
} from 'node:http2'
import {
  type AddressInfo,
  connect,
  createServer as createNetServer,
  type Server,
  type Socket,
} from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { masterLimits } from '../../../src/limits/master.ts'
import { Drain } from '../../../src/master/agent/drain.ts'

/** A drain under test, with the calls that it would make by timer made by the test. */
interface Bench {
  readonly drain: Drain
  /** Resolves when the drain waits for nothing more. */
  readonly drained: () => Promise<void>
  /** Calls of `onClosed` and of `onChange`. */
  readonly reports: () => { readonly closed: number; readonly changes: number }
  /** The drain's regular check for idle connections, after a pause. */
  readonly checkIdle: (pauseMs?: number) => void
  /** Intervals that the drain has asked for, milliseconds. */
  readonly intervals: readonly number[]
  /** Intervals that the drain has given up. */
  readonly stopped: () => number
  /** The parts of the drain that met an error. */
  readonly faults: readonly string[]
}

function bench(context: TestContext, keepAliveMs = 1_000, gracefulMs = 0): Bench {
  let [closed, changes, stopped, now] = [0, 0, 0, 5_000]
  const checks: (() => void)[] = []
  const intervals: number[] = []
  const faults: string[] = []
  const drain = new Drain({
    keepAliveMs,
    gracefulMs,
    onClosed: () => {
      closed += 1
    },
    onChange: () => {
      changes += 1
    },
    every(act, intervalMs) {
      checks.push(act)
      intervals.push(intervalMs)
      return () => {
        stopped += 1
      }
    },
    onFault: (part) => void faults.push(part),
    now: () => now,
  })
  context.after(() => drain.stop())
  return {
    drain,
    reports: () => ({ closed, changes }),
    drained: () => until(() => drain.rest === 'nothing'),
    checkIdle(pauseMs = keepAliveMs) {
      now += pauseMs
      for (const check of checks) check()
    },
    intervals,
    stopped: () => stopped,
    faults,
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1))
}

/** A drain with its own timer, and no listener. */
const quiet = { keepAliveMs: 1_000, gracefulMs: 0, onClosed() {}, onChange() {}, onFault() {} }

interface Listening {
  readonly port: number
}

async function listen(context: TestContext, server: Server): Promise<Listening> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  context.after(() => {
    if (server instanceof HttpServer) server.closeAllConnections()
    if (server.listening) server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port }
}

/** A client's connection, byte by byte. */
class Client {
  readonly socket: Socket
  #text = ''

  constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('utf8').on('data', (text: string) => {
      this.#text += text
    })
    socket.on('error', () => {})
  }

  static async to(context: TestContext, port: number): Promise<Client> {
    const socket = connect(port, '127.0.0.1')
    context.after(() => socket.destroy())
    await once(socket, 'connect')
    return new Client(socket)
  }

  send(text: string): void {
    this.socket.write(text)
  }

  /** Waits for so many complete responses. @returns everything that the server has sent. */
  async responses(count: number): Promise<string> {
    while (this.#text.split('served').length <= count) await once(this.socket, 'data')
    return this.#text
  }

  async ended(): Promise<string> {
    if (!this.socket.closed) await once(this.socket, 'close')
    return this.#text
  }
}

const request = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** Answers each request at once. */
function quickServer(): HttpServer {
  return createServer((_, response) => response.end('served'))
}

/** Leaves the responses to the test. */
function heldServer(): {
  readonly server: HttpServer
  readonly next: () => Promise<ServerResponse>
} {
  const held: ServerResponse[] = []
  const server = createServer((_, response) => {
    held.push(response)
    server.emit('held')
  })
  return {
    server,
    async next() {
      while (held.length === 0) await once(server, 'held')
      return held.shift() ?? assert.fail('no response')
    },
  }
}

/** Waits until the server of this process has read what the client has sent. */
async function received(
  server: HttpServer,
  act: () => Promise<Client>,
): Promise<{
  readonly client: Client
  readonly socket: Socket
}> {
  const accepted = once(server, 'connection')
  const client = await act()
  const [socket] = (await accepted) as [Socket]
  return { client, socket }
}

describe('Drain, before it starts,', () => {
  test('forgets a server that cannot listen, until the server listens', async (context) => {
    bench(context)
    const [holder, server] = [createServer(), createServer()]
    const { port } = await listen(context, holder)
    const counts = (): number[] => ['close', 'connection'].map((name) => server.listenerCount(name))
    const before = counts()
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await assert.rejects(once(server.listen(port, '127.0.0.1'), 'listening'), /EADDRINUSE/)
      assert.deepEqual(counts(), before)
    }
    context.after(() => server.close())
    await once(server.listen(0, '127.0.0.1'), 'listening')
    assert.deepEqual(
      counts(),
      before.map((count) => count + 1),
    )
  })

  test('watches a server once, however often the server listens', async (context) => {
    bench(context)
    const server = createServer()
    await listen(context, server)
    const closed = once(server, 'close')
    server.close()
    await closed
    await listen(context, server)
    assert.equal(server.listenerCount('connection'), 2)
  })

  // V8 keeps a server with a replaced field as a hash table, and each request takes longer.
  test('replaces no field of a server whose lists of listeners have room', async (context) => {
    bench(context)
    const server = createServer()
    await listen(context, server)
    const isReplaced = (): boolean =>
      Object.getOwnPropertyDescriptor(server, '_maxListeners')?.get !== undefined
    assert.equal(server.listenerCount('newListener'), 1)
    assert.equal(isReplaced(), false)
    server.setMaxListeners(2).on('connection', () => {})
    assert.equal(isReplaced(), true)
    assert.equal(server.getMaxListeners(), 2)
  })

  for (const [title, keepAliveMs, ownMs, expected] of [
    ['limits the keep-alive time of a server', 1_000, undefined, 1_000],
    ['keeps a keep-alive time that the application has set', 1_000, 7_777, 7_777],
    ["keeps Node's keep-alive time when it keeps no connection", 0, undefined, undefined],
  ] as const) {
    test(title, async (context) => {
      bench(context, keepAliveMs)
      const server = quickServer()
      const { keepAliveTimeout } = server
      if (ownMs !== undefined) server.keepAliveTimeout = ownMs
      await listen(context, server)
      assert.notEqual(keepAliveTimeout, 1_000)
      assert.equal(server.keepAliveTimeout, expected ?? keepAliveTimeout)
    })
  }

  test('ends no connection whose client may send another request', async (context) => {
    bench(context)
    const server = quickServer()
    const { port } = await listen(context, server)
    const client = await Client.to(context, port)
    client.send(request)
    await client.responses(1)
    client.send(request)
    assert.match(await client.responses(2), /Connection: keep-alive/i)
  })

  test('ends each connection after a response when connections are not kept', async (context) => {
    bench(context, 0)
    const { port } = await listen(context, quickServer())
    const client = await Client.to(context, port)
    client.send(request)
    assert.match(await client.ended(), /Connection: close/i)
  })

  test('asks for no interval and reports no end', async (context) => {
    const { reports, intervals } = bench(context)
    const server = quickServer()
    await listen(context, server)
    const closed = once(server, 'close')
    server.close()
    await closed
    assert.deepEqual(reports(), { closed: 0, changes: 0 })
    assert.deepEqual(intervals, [])
  })
})

describe('Drain, once started,', () => {
  test('reports once that all servers accept no connections', async (context) => {
    const { drain, reports, drained } = bench(context)
    const [first, second] = [createServer(), createServer()]
    const [{ port: other }, { port }] = [
      await listen(context, first),
      await listen(context, second),
    ]
    const { client } = await received(second, () => Client.to(context, port))
    drain.start()
    drain.start()
    assert.deepEqual(reports(), { closed: 1, changes: 0 })
    for (const each of [other, port]) {
      await assert.rejects(Client.to(context, each), /ECONNREFUSED/)
    }
    assert.equal(drain.rest, 'requests')
    client.socket.destroy()
    await drained()
    assert.deepEqual(reports(), { closed: 1, changes: 1 })
  })

  test('waits for nothing where no server listens', (context) => {
    const { drain, reports } = bench(context)
    assert.equal(drain.hasStarted, false)
    drain.start()
    assert.equal(drain.hasStarted, true)
    assert.equal(drain.rest, 'nothing')
    assert.deepEqual(reports(), { closed: 1, changes: 0 })
  })

  test('answers the next request of an open connection, and then ends it', async (context) => {
    const { drain, drained } = bench(context)
    const { port } = await listen(context, quickServer())
    const client = await Client.to(context, port)
    client.send(request)
    assert.match(await client.responses(1), /Connection: keep-alive/i)
    drain.start()
    await assert.rejects(Client.to(context, port), /ECONNREFUSED/)
    client.send(request)
    assert.match(await client.ended(), /served[\s\S]*Connection: close[\s\S]*served/i)
    await drained()
  })

  test('ends the connection of a request that is under way after its response', async (context) => {
    const { drain, drained } = bench(context)
    const { server, next } = heldServer()
    const { port } = await listen(context, server)
    const client = await Client.to(context, port)
    client.send(request)
    const response = await next()
    drain.start()
    response.setHeader('Connection', 'keep-alive').end('served')
    assert.match(await client.ended(), /Connection: close[\s\S]*served/i)
    await drained()
  })

  test('looks at its connections in an interval', (context) => {
    const { drain, intervals, stopped, checkIdle, reports } = bench(context)
    drain.start()
    drain.start()
    assert.deepEqual(intervals, [masterLimits.drainCheckMs])
    checkIdle()
    assert.equal(reports().changes, 1)
    drain.stop()
    assert.equal(stopped(), 1)
  })

  for (const [keepAliveMs, expectedMs] of [
    [0, masterLimits.idleMs],
    [masterLimits.idleMs - 1, masterLimits.idleMs],
    [masterLimits.idleMs + 1, masterLimits.idleMs + 1],
  ] as const) {
    test(`closes a connection after ${expectedMs} ms (${keepAliveMs})`, async (context) => {
      const { drain, checkIdle } = bench(context, keepAliveMs)
      const server = quickServer()
      const { port } = await listen(context, server)
      const { socket } = await received(server, () => Client.to(context, port))
      drain.start()
      checkIdle(1e6)
      checkIdle(expectedMs - 1)
      assert.equal(socket.destroyed, false)
      checkIdle(1)
      assert.equal(socket.destroyed, true)
    })
  }

  test('keeps the process alive by no timer of its own', (context) => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const drain = new Drain(quiet)
    context.after(() => drain.stop())
    drain.start()
    assert.equal(timers(), before)
  })

  test('closes idle connections by the timer of its own', async (context) => {
    const drain = new Drain({ ...quiet, keepAliveMs: 0 })
    context.after(() => drain.stop())
    const server = quickServer()
    const { port } = await listen(context, server)
    const { client } = await received(server, () => Client.to(context, port))
    drain.start()
    await client.ended()
    assert.ok(client.socket.closed)
  })

  test('closes a connection that was idle at two checks in a row', async (context) => {
    const { drain, checkIdle, drained } = bench(context)
    const server = quickServer()
    const { port } = await listen(context, server)
    const { client, socket } = await received(server, () => Client.to(context, port))
    client.send(request)
    await client.responses(1)
    drain.start()
    checkIdle()
    assert.equal(socket.destroyed, false)
    checkIdle()
    assert.equal(socket.destroyed, true)
    await drained()
  })

  test('closes a connection whose client has sent nothing', async (context) => {
    const { drain, checkIdle, drained } = bench(context)
    const server = quickServer()
    const { port } = await listen(context, server)
    const { client, socket } = await received(server, () => Client.to(context, port))
    drain.start()
    checkIdle()
    assert.equal(socket.destroyed, false)
    checkIdle()
    assert.equal(await client.ended(), '')
    await drained()
  })

  test('waits for the rest of half a request', async (context) => {
    const { drain, checkIdle } = bench(context)
    const server = quickServer()
    const { port } = await listen(context, server)
    const { client, socket } = await received(server, () => Client.to(context, port))
    client.send('GET / HTTP/1.1\r\n')
    while (socket.bytesRead === 0) await new Promise(setImmediate)
    drain.start()
    for (let check = 0; check < 3; check += 1) checkIdle()
    client.send('Host: localhost\r\n\r\n')
    assert.match(await client.ended(), /Connection: close[\s\S]*served/i)
  })

  test('waits for the response of a request, however many checks there are', async (context) => {
    const { drain, checkIdle } = bench(context)
    const { server, next } = heldServer()
    const { port } = await listen(context, server)
    const { client, socket } = await received(server, () => Client.to(context, port))
    client.send(request)
    const response = await next()
    drain.start()
    for (let check = 0; check < 3; check += 1) checkIdle()
    assert.equal(socket.destroyed, false)
    response.end('served')
    assert.match(await client.ended(), /served/)
  })

  test('waits for the last response of a client that pipelines', async (context) => {
    const { drain, checkIdle } = bench(context)
    const { server, next } = heldServer()
    const { port } = await listen(context, server)
    const { client, socket } = await received(server, () => Client.to(context, port))
    client.send(request + request)
    const [first, second] = [await next(), await next()]
    first.end('served')
    await client.responses(1)
    drain.start()
    for (let check = 0; check < 3; check += 1) checkIdle()
    assert.equal(socket.destroyed, false)
    second.end('served')
    assert.match(await client.ended(), /served[\s\S]*Connection: close[\s\S]*served/i)
  })

  test('starts over with a connection that was busy between two checks', async (context) => {
    const { drain, checkIdle } = bench(context)
    const { server, next } = heldServer()
    const { port } = await listen(context, server)
    const { client, socket } = await received(server, () => Client.to(context, port))
    drain.start()
    checkIdle()
    client.send(request)
    const response = await next()
    checkIdle()
    assert.equal(socket.destroyed, false)
    response.end('served')
    assert.match(await client.ended(), /Connection: close/i)
  })

  test('leaves servers and connections alone after its stop', async (context) => {
    const { drain, reports } = bench(context)
    const server = quickServer()
    const names = ['close', 'connection']
    const before = names.map((name) => server.listenerCount(name))
    const { port } = await listen(context, server)
    drain.stop()
    const after = names.map((name) => server.listenerCount(name))
    assert.deepEqual(after, before)
    const client = await Client.to(context, port)
    client.send(request)
    assert.match(await client.responses(1), /Connection: keep-alive/i)
    assert.deepEqual(reports(), { closed: 0, changes: 0 })
  })
})

interface Http2Bench extends Bench {
  readonly client: ClientHttp2Session
  /** Ends with the error code and the last stream that the server has accepted. */
  readonly goaway: Promise<readonly unknown[]>
  /** Sends a request. @returns both ends of its stream. */
  readonly open: () => Promise<{ stream: ClientHttp2Stream; served: ServerHttp2Stream }>
}

async function http2Bench(context: TestContext): Promise<Http2Bench> {
  const base = bench(context)
  const server = createHttp2Server()
  const { port } = await listen(context, server)
  const client = connectHttp2(`http://127.0.0.1:${port}`)
  context.after(() => client.destroy())
  await once(client, 'remoteSettings')
  return {
    ...base,
    client,
    goaway: once(client, 'goaway'),
    async open() {
      const accepted = once(server, 'stream')
      const stream = client.request({ ':path': '/' })
      const [served] = (await accepted) as [ServerHttp2Stream]
      return { stream, served }
    },
  }
}

const announcement = [0, 2 ** 31 - 1]

describe('Drain of an HTTP/2 server', () => {
  test('announces the end of an idle session, and then ends the session', async (context) => {
    const { drain, client, goaway, drained, checkIdle } = await http2Bench(context)
    const ended = once(client, 'close')
    drain.start()
    checkIdle(masterLimits.announceMs)
    assert.deepEqual((await goaway).slice(0, 2), announcement)
    checkIdle(masterLimits.goawayMs)
    await Promise.all([ended, drained()])
  })

  test('announces the end with the next stream, and serves the stream', async (context) => {
    const { drain, drained, goaway, checkIdle, open } = await http2Bench(context)
    drain.start()
    checkIdle(masterLimits.announceMs - 1)
    const { stream, served } = await open()
    assert.deepEqual((await goaway).slice(0, 2), announcement)
    served.respond({ ':status': 200 })
    served.end('served')
    assert.equal((await stream.setEncoding('utf8').toArray()).join(''), 'served')
    checkIdle(masterLimits.goawayMs)
    await drained()
  })

  test('serves streams that are on their way at the announcement', async (context) => {
    const { drain, drained, checkIdle, open } = await http2Bench(context)
    drain.start()
    checkIdle(masterLimits.announceMs)
    // The client has not read the announcement yet.
    const { stream, served } = await open()
    checkIdle(masterLimits.goawayMs)
    served.respond({ ':status': 200 })
    served.end('served')
    assert.equal((await stream.setEncoding('utf8').toArray()).join(''), 'served')
    checkIdle(0)
    await drained()
  })

  test('sends the last GOAWAY to a client that keeps a stream open', async (context) => {
    const { drain, client, checkIdle, open } = await http2Bench(context)
    // This client does not answer with a GOAWAY of its own.
    client.close = () => {}
    const goaways: unknown[] = []
    client.on('goaway', (_, last) => goaways.push(last))
    drain.start()
    const { stream } = await open()
    await until(() => goaways.length === 1)
    checkIdle(masterLimits.longestGoawayMs - 1)
    checkIdle(1)
    await until(() => goaways.length === 2)
    assert.deepEqual(goaways, [2 ** 31 - 1, stream.id])
  })

  test('finishes the streams of a session, and then ends it', async (context) => {
    const { drain, client, goaway, drained, checkIdle, open } = await http2Bench(context)
    const { stream, served } = await open()
    const ended = once(client, 'close')
    drain.start()
    for (let check = 0; check < 9; check += 1) checkIdle()
    assert.deepEqual((await goaway).slice(0, 2), announcement)
    assert.equal(drain.rest, 'requests')
    served.respond({ ':status': 200 })
    served.end('served')
    assert.equal((await stream.setEncoding('utf8').toArray()).join(''), 'served')
    checkIdle(masterLimits.goawayMs)
    await Promise.all([ended, drained()])
  })

  for (const [title, headers, pauseMs, rest] of [
    ['an event stream', { 'content-type': 'text/event-stream' }, 0, 'streams'],
    ['a new response without a length', {}, 0, 'requests'],
    ['an old response without a length', {}, masterLimits.endlessMs, 'streams'],
    ['a response with a length', { 'content-length': 9 }, 1e6, 'requests'],
  ] as const) {
    test(`takes ${title} for ${rest}`, async (context) => {
      const { drain, checkIdle, open } = await http2Bench(context)
      const { served } = await open()
      served.respond({ ':status': 200, ...headers })
      drain.start()
      checkIdle(masterLimits.announceMs)
      checkIdle(masterLimits.goawayMs)
      checkIdle(pauseMs)
      checkIdle(0)
      assert.equal(drain.rest, rest)
    })
  }

  test('ends a session that begins after the start', async (context) => {
    const { drain, checkIdle } = bench(context)
    const server = createHttp2Server()
    await listen(context, server)
    // A connection that was accepted before the start, and becomes a session after the start.
    const accepting = createNetServer((socket) => {
      drain.start()
      server.emit('connection', socket)
    })
    const { port } = await listen(context, accepting)
    const client = connectHttp2(`http://127.0.0.1:${port}`)
    const goaway = once(client, 'goaway')
    await once(client, 'remoteSettings')
    checkIdle(masterLimits.announceMs)
    assert.deepEqual((await goaway).slice(0, 2), announcement)
  })

  test('leaves sessions open until it starts', async (context) => {
    const { client, open } = await http2Bench(context)
    const { stream, served } = await open()
    served.respond({ ':status': 200 }, { endStream: true })
    await stream.resume().toArray()
    assert.equal(client.closed, false)
    assert.ok((await open()).served)
  })
})

describe('Drain, with an application that breaks objects of Node.js,', () => {
  test('keeps its errors from the application', (context) => {
    const { faults } = bench(context, 0)
    const broken = new Proxy({}, { set: () => assert.fail('a broken response') })
    channel('http.server.request.start').publish({ response: broken, socket: {} })
    channel('tracing:net.server.listen:error').publish(undefined)
    assert.deepEqual(faults, ['http.server.request.start', 'tracing:net.server.listen:error'])
  })

  test('stops the other servers, too', async (context) => {
    const { drain, faults, reports } = bench(context)
    const [broken, other] = [createServer(), createServer()]
    await listen(context, broken)
    const { port } = await listen(context, other)
    const handle: object = Reflect.get(broken, '_handle')
    Object.defineProperty(handle, 'getsockname', { configurable: true, value: () => assert.fail() })
    drain.start()
    Reflect.deleteProperty(handle, 'getsockname')
    assert.deepEqual(faults, ['stop_accepting'])
    assert.equal(reports().closed, 1)
    const [error] = await once(connect(port, '127.0.0.1'), 'error')
    assert.equal(error.code, 'ECONNREFUSED')
  })
})
