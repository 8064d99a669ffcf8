import assert from 'node:assert/strict'
import { Agent, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { scratchDirectory } from '../../support/endpoint/certificates.ts'
import { eventually } from '../../support/programs/app.ts'
import { get } from '../../support/programs/load.ts'
import type { Master } from '../../support/programs/master.ts'
import {
  assertNoWarning,
  gone,
  serverVariables,
  withApp,
  workers,
} from '../../support/programs/shutdown-app.ts'
import { type SteadyLoad, underLoad } from '../../support/programs/steady-load.ts'

const directory = scratchDirectory()

async function completed(load: SteadyLoad, count: number): Promise<void> {
  const enough = load.completed() + count
  await eventually(() => assert.ok(load.completed() >= enough), 60_000)
}

/** Slow requests, a download with a length, and an upload in two parts, all under way. */
function underWay(port: number): Promise<string[]> {
  return Promise.all([
    get(port, '/slow').then(({ body }) => body),
    get(port, '/download').then(({ body }) => String(body.length)),
    upload(port),
  ])
}

const expected = ['slow', '400000', '2000']

async function upload(port: number): Promise<string> {
  const agent = new Agent({ keepAlive: true })
  const message = request({ port, host: '127.0.0.1', path: '/upload', method: 'POST', agent })
  message.write('x'.repeat(1_000))
  setTimeout(() => message.end('y'.repeat(1_000)), 1_000)
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    message.once('response', resolve).once('error', reject)
  })
  const chunks: string[] = []
  for await (const chunk of response) chunks.push(String(chunk))
  agent.destroy()
  return chunks.join('')
}

/** Makes the oldest worker end three times, with requests of all kinds under way. */
async function replaceUnderLoad(master: Master, begin: (master: Master) => unknown): Promise<void> {
  const { port } = master
  const { failures } = await underLoad({ port, connections: 8 }, async (load) => {
    for (let turn = 0; turn < 3; turn += 1) {
      const old = master.workers().slice(0, 1)
      await completed(load, 500)
      const open = underWay(port)
      await completed(load, 100)
      await begin(master)
      assert.deepEqual(await open, expected)
      await gone(master, old)
      await master.serving(workers)
    }
  })
  assert.deepEqual(failures, [])
  assertNoWarning(master)
}

async function addAndRemove(master: Master): Promise<void> {
  master.signal('SIGTTIN')
  await master.serving(workers + 1)
  master.signal('SIGTTOU')
}

describe('An application that exits at SIGTERM fails no request', { concurrency: 2 }, () => {
  const rows: readonly (readonly [string, (master: Master) => unknown, string[]])[] = [
    ['HUP', (master) => master.signal('SIGHUP'), []],
    ['TTIN and TTOU', addAndRemove, []],
    ['max_requests', () => {}, ['--max-requests', '2000']],
  ]
  for (const [title, begin, options] of rows) {
    test(`at ${title}`, async () => {
      await withApp({ env: { END: 'exit' }, options }, async (master) => {
        await replaceUnderLoad(master, begin)
      })
    })
  }

  test('at TERM', async () => {
    await withApp({ env: { END: 'exit' } }, async (master) => {
      const open = Array.from({ length: 4 }, () => underWay(master.port))
      await new Promise((resolve) => setTimeout(resolve, 300))
      master.signal('SIGTERM')
      for (const each of await Promise.all(open)) assert.deepEqual(each, expected)
      assert.deepEqual(await master.ended, { code: 0, signal: null })
    })
  })
})

type Opening = (port: number) => Socket

function plain(text: string): Opening {
  return (port) =>
    connect(port, '127.0.0.1', function write(this: Socket) {
      if (text) this.write(text)
    })
}

function secure(text: string): Opening {
  return (port) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    socket.once('secureConnect', () => text && socket.write(text))
    return socket
  }
}

const half = 'GET / HTTP/1.1\r\nHost: a\r\n'
const refused = 'POST /refused HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nsome bytes'

describe('A worker ends although a client', { concurrency: 2 }, () => {
  const rows: readonly (readonly [string, string, Opening])[] = [
    ['says nothing', 'http', plain('')],
    ['has sent half a request', 'http', plain(half)],
    ['does not send a body whose request was answered', 'http', plain(refused)],
    ['says nothing after the handshake of TLS', 'https', secure('')],
    ['has not finished the handshake of TLS', 'https', plain('\x16\x03\x01')],
    ['has sent half a request over TLS', 'https', secure(half)],
    ['says nothing after the handshake of TLS for HTTP/2', 'http2-secure', secure('')],
    ['says nothing, and the server speaks HTTP/2', 'http2', plain('')],
  ]
  for (const [title, server, open] of rows) {
    test(title, async (context) => {
      const env = serverVariables(context, directory, server)
      if (!env) return
      // Without an end of the connection, the worker would not end.
      await withApp({ env, options: ['--graceful-timeout', '0'] }, async (master) => {
        const sockets = Array.from({ length: workers }, () => open(master.port))
        for (const socket of sockets) socket.on('error', () => {}).resume()
        await new Promise((resolve) => setTimeout(resolve, 500))
        const old = master.workers()
        master.signal('SIGHUP')
        await gone(master, old)
        assertNoWarning(master)
      })
    })
  }
})

test('A draining worker answers a request whose head comes in two parts', async (context) => {
  for (const server of ['http', 'https']) {
    const env = serverVariables(context, directory, server)
    if (!env) return
    await withApp({ env }, async (master) => {
      const socket = (server === 'http' ? plain(half) : secure(half))(master.port)
      await new Promise((resolve) => setTimeout(resolve, 500))
      master.signal('SIGTERM')
      setTimeout(() => socket.write('\r\n'), 3_000)
      const chunks = await socket.setEncoding('utf8').toArray()
      assert.match(chunks.join(''), /^HTTP\/1.1 200 OK[\s\S]*Connection: close/i)
      assert.deepEqual(await master.ended, { code: 0, signal: null })
    })
  }
})
