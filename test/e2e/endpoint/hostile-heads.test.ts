import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { type App, eventually, fixtures, startApp } from '../../support/programs/app.ts'

/* Request heads that proxies and servers read differently, and that cost a server much. */

const host = 'Host: a\r\n'
const get = `GET /metrics HTTP/1.1\r\n${host}`
const post = `POST /metrics HTTP/1.1\r\n${host}`
const second = `GET /status HTTP/1.1\r\n${host}\r\n`

/** The statuses of all responses on the connection. */
const forms: Readonly<Record<string, readonly [said: string, statuses: readonly number[]]>> = {
  'a length and chunks': [
    `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`,
    [400],
  ],
  'a request in the body of a request': [
    `${get}Content-Length: ${second.length}\r\n\r\n${second}`,
    [200],
  ],
  'a space in the name of a header': [`${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`, [400]],
  'a folded header': [`${get}X: a\r\n b\r\n\r\n`, [400]],
  'a bare line feed': ['GET /metrics HTTP/1.1\nHost: a\n\n', [400]],
  'a bare return': [`${get}X: a\rY: b\r\n\r\n`, [400]],
  'a zero byte': [`${get}X: a\0b\r\n\r\n`, [400]],
  'no host': ['GET /metrics HTTP/1.1\r\n\r\n', [400]],
  'a negative length': [`${post}Content-Length: -1\r\n\r\n`, [400]],
  'a length with a sign': [`${post}Content-Length: +1\r\n\r\nx`, [400]],
  'a long extension of a chunk': [
    `${post}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
    [405],
  ],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
}
/** Headers that would be slow to read with an expression that tries again and again. */
const costly: Readonly<Record<string, string>> = {
  'Accept with 1,400 types': `Accept: ${'a/b;q=0.1,'.repeat(1_400)}`,
  'Accept with spaces': `Accept: text/plain${' '.repeat(15_000)}x`,
  'Accept with semicolons': `Accept: text/plain${';'.repeat(15_000)}`,
  'Accept-Encoding with 1,500 codings': `Accept-Encoding: ${'gzip;q=0,'.repeat(1_500)}`,
  'Authorization with spaces': `Authorization: Basic${' '.repeat(15_000)}x`,
  'Authorization of one word': `Authorization: ${'a'.repeat(15_000)}`,
}

describe('A hostile request head', () => {
  let app: App
  let ports: Readonly<Record<string, number>>

  before(async () => {
    app = await startApp({ file: 'apps/mounted/mounted.cjs', env: { SHAPE: 'single' } })
    ports = {
      'the endpoint': Number(new URL(app.metricsUrl).port),
      'the mounted page': await app.ready(),
    }
    await eventually(() => app.page())
  })
  after(() => app.stop())

  for (const place of ['the endpoint', 'the mounted page']) {
    for (const [form, [said, expected]] of Object.entries(forms)) {
      test(`with ${form} gets one answer of ${place}`, async () => {
        const found = await statuses(ports[place] ?? 0, said, expected.length)
        // The end of a refused connection can overtake its response.
        if (expected[0] === 400 && found.length === 0) return
        assert.deepEqual(found, expected)
      })
    }

    for (const [form, header] of Object.entries(costly)) {
      test(`is read by ${place}: ${form}`, async () => {
        const said = `${get}${header}\r\n\r\n`
        assert.deepEqual(await statuses(ports[place] ?? 0, said, 1), [200])
      })
    }

    test(`is refused by ${place} while a page of the connection is under way`, async () => {
      const all = await statuses(ports[place] ?? 0, `${get}\r\n`.repeat(3_000), 3_000)
      assert.equal(all.length, 3_000)
      assert.ok(all.filter((status) => status === 200).length < 100)
      assert.ok(all.every((status) => status === 200 || status === 503))
      assert.deepEqual(await statuses(ports[place] ?? 0, `${get}\r\n`, 1), [200])
    })
  }

  test('leaves no line in the log', () => assert.equal(app.stderr(), ''))
})

test('A client that renegotiates TLS again and again loses its connection', async (context) => {
  const tls = join(fixtures, 'tls')
  const app = await startApp({
    file: 'apps/mounted/mounted.cjs',
    env: {
      SHAPE: 'single',
      PROMETHEUS_SSL_CERTFILE: join(tls, 'localhost.crt'),
      PROMETHEUS_SSL_KEYFILE: join(tls, 'localhost.key'),
    },
  })
  context.after(app.stop)
  await app.ready()
  const port = Number(new URL(app.metricsUrl).port)
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false } as const
  const first = { ...options, maxVersion: 'TLSv1.2' } as const
  const renegotiations = await eventually(() => renegotiated(connectTls(first)))
  assert.ok(renegotiations < 10, `${renegotiations} renegotiations`)
  const socket = connectTls(options)
  context.after(() => socket.destroy())
  let answer = ''
  socket.on('data', (data) => {
    answer += data
  })
  socket.write(`${get}Connection: close\r\n\r\n`)
  await eventually(() => assert.match(answer, /^HTTP\/1\.1 200/))
  assert.equal(app.stderr(), '')
})

/** @returns how often the server has renegotiated before it closed the connection. */
async function renegotiated(socket: TLSSocket): Promise<number> {
  socket.resume().on('error', () => {})
  await once(socket, 'secureConnect')
  let count = 0
  const again = (): void => {
    socket.renegotiate({}, (error) => {
      count += error ? 0 : 1
      if (count < 100) setImmediate(again)
      else socket.destroy()
    })
  }
  again()
  await once(socket, 'close')
  return count
}

/** Waits for `least` responses or the end, and for more responses, which must not come. */
async function statuses(port: number, said: string, least: number): Promise<number[]> {
  const socket = connect(port, '127.0.0.1').on('error', () => {})
  let received = ''
  socket.on('data', (data) => {
    received += data.toString('latin1')
  })
  const found = (): number[] =>
    Array.from(received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm), ([, status]) => Number(status))
  try {
    socket.write(said, 'latin1')
    await eventually(() => assert.ok(found().length >= least || socket.closed))
    await sleep(50)
    return found()
  } finally {
    socket.destroy()
  }
}
