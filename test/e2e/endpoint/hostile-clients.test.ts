import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, eventually, startApp } from '../../support/programs/app.ts'
import { underLoad } from '../../support/programs/steady-load.ts'
import { sum } from '../../support/prometheus/page.ts'
import { Random } from '../../support/random.ts'

const attacks = 10_000
const attackers = 200
/**
 * What a primary may keep of memory that it once needed, bytes: allocators do not give everything
 * back.
 */
const keptBytes = 60_000_000

type Attack = (socket: Socket, random: Random) => Promise<void>

const get = 'GET /metrics HTTP/1.1\r\nHost: a\r\n'
const lines: readonly string[] = [
  'hello\r\n\r\n',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001',
  `\u0016\u0003\u0001${'x'.repeat(5_000)}`,
  'GET /metrics HTTP/9.9\r\n\r\n',
  'GET metrics HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET http://[:::1]/metrics HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /metrics?name[]=%E0%A4%A HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /%E0%A4%A HTTP/1.1\r\nHost: a\r\n\r\n',
  `${get}: x\r\n\r\n`,
  `${get}Content-Length: 1\r\nContent-Length: 2\r\n\r\n`,
  `${get}Authorization: Basic ${'A'.repeat(8_000)}\r\n\r\n`,
  `${get}Accept: ${'a/b;q=0.1,'.repeat(1_000)}\r\n\r\n`,
  'POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz',
  'POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\nx',
  'CONNECT example.org:443 HTTP/1.1\r\nHost: a\r\n\r\n',
  `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `${get}X: ${'x'.repeat(100_000)}\r\n\r\n`,
  `${get}${'X: y\r\n'.repeat(3_000)}\r\n`,
  `GET /metrics?${'name[]=x&'.repeat(1_500)} HTTP/1.1\r\nHost: a\r\n\r\n`,
  `${get}Expect: 100-continue\r\n\r\n`,
  `${get}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
]

const kinds: Readonly<Record<string, Attack>> = {
  async malformed(socket, random) {
    socket.write(random.pick(lines), 'latin1')
    await sleep(random.below(20))
  },
  async 'in pieces, and never to its end'(socket, random) {
    for (const char of get.slice(0, 1 + random.below(15))) {
      socket.write(char)
      await sleep(2)
    }
  },
  async silent(_socket, random) {
    await sleep(random.below(50))
  },
  async 'gone at once'(socket) {
    socket.write(`${get}Accept-Encoding: gzip\r\n\r\n`)
    socket.resetAndDestroy()
  },
  async 'a pipeline without a reader'(socket, random) {
    socket.pause()
    socket.write(`${get}\r\n`.repeat(1 + random.below(200)))
    await sleep(random.below(50))
  },
  async 'a body without end'(socket) {
    socket.write('POST /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    for (let count = 0; count < 10; count += 1) {
      socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`)
      await sleep(1)
    }
  },
  async noise(socket, random) {
    socket.write(Buffer.from(Array.from({ length: 200 }, () => random.below(256))))
    await sleep(random.below(10))
  },
}

describe(`${attacks} hostile requests`, () => {
  test('harm neither the application nor the endpoint, and leave no memory in use', async () => {
    const app = await startApp({ file: 'apps/cluster/cluster.cjs' })
    try {
      const port = await app.ready()
      const endpoint = Number(new URL(app.metricsUrl).port)
      // The first round allocates memory that later rounds use again.
      await attacked(endpoint, attacks / 10)
      const before = memoryOf(app)
      const { completed, failures } = await underLoad({ port, connections: 4 }, async () => {
        const attack = attacked(endpoint, attacks)
        // Other clients still get the page during the attack.
        for (let count = 0; count < 5; count += 1) await eventually(() => app.page())
        const connected = await attack
        // An endpoint that refuses every connection would pass the rest of the test.
        assert.ok(connected > 0.9 * attacks, `only ${connected} of ${attacks} attacks connected`)
      })
      assert.deepEqual(failures, [])
      assert.ok(completed > 0)
      await crowded(app, endpoint)
      await answersWell(app, completed)
      await eventually(() => {
        const grown = memoryOf(app) - before
        assert.ok(grown < keptBytes, `${grown} bytes more than before`)
      }, 60_000)
      assert.equal(app.stderr(), '')
    } finally {
      await app.stop()
    }
  })
})

/**
 * Makes attacks of every kind from many connections at once.
 *
 * @returns the number of attacks whose connection the endpoint accepted.
 */
async function attacked(port: number, count: number): Promise<number> {
  const all = Object.values(kinds)
  let begun = 0
  let connected = 0
  const lanes = Array.from({ length: attackers }, async (_, lane) => {
    const random = new Random(lane)
    while (begun < count) {
      begun += 1
      const attack = random.pick(all)
      if (await attackedBy(port, (socket) => attack(socket, random))) connected += 1
    }
  })
  await Promise.all(lanes)
  return connected
}

/** @returns whether the endpoint accepted the connection. */
async function attackedBy(port: number, act: (socket: Socket) => Promise<void>): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  // The endpoint may close an attacker's connection at any time.
  socket.on('error', () => {})
  let isConnected = false
  try {
    await once(socket, 'connect')
    isConnected = true
    await act(socket)
  } catch {
    // The endpoint closed the connection before the attack was over.
  } finally {
    socket.destroy()
  }
  return isConnected
}

/**
 * However fast the attackers were: more than there is room for make each other go, and let others
 * in.
 */
async function crowded(app: App, port: number): Promise<void> {
  const sockets = Array.from({ length: attackers }, () =>
    connect(port, '127.0.0.1').on('error', () => {}),
  )
  await eventually(async () => {
    const evicted = { reason: 'evicted' }
    const page = await app.page()
    assert.ok(sum(page, 'gunicorn_exporter_dropped_connections_total', evicted) > 0)
  })
  for (const socket of sockets) socket.destroy()
}

async function answersWell(app: App, requests: number): Promise<void> {
  await eventually(async () => {
    const samples = await app.page()
    // The page counts requests to the application, and none of the attackers.
    assert.equal(sum(samples, 'gunicorn_worker_requests_total'), requests)
  })
  const { exporter } = JSON.parse(
    await (await fetch(app.metricsUrl.replace(/metrics$/, 'status'))).text(),
  )
  assert.deepEqual(exporter.faults, {})
  await eventually(async () => {
    const text = await (await fetch(app.metricsUrl.replace(/metrics$/, 'status'))).text()
    assert.ok(JSON.parse(text).exporter.connections <= 5)
  })
}

/** Resident bytes of the primary, which has the thread of the endpoint. */
function memoryOf({ child }: App): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  return 1_024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
}
