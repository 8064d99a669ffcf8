import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import type { PageRequest } from '../../src/endpoint/page-request.ts'
import { firstLine } from '../../src/mount/first-line.ts'
import {
  encodePageHead,
  encodePageRequest,
  type PageHead,
  parsePageHead,
  parsePageRequest,
} from '../../src/mount/page-protocol.ts'
import { parsePageServerAddress } from '../../src/relay/page-server-address.ts'

const token = 'a'.repeat(64)
const bare: PageRequest = {
  method: 'GET',
  accept: undefined,
  acceptEncoding: undefined,
  query: '',
  authorization: undefined,
  isCertified: false,
}
const full: PageRequest = {
  method: 'HEAD',
  accept: 'text/plain\n"größe"',
  acceptEncoding: 'gzip',
  query: 'name[]=a&name[]=b?c',
  authorization: 'Bearer x',
  isCertified: true,
}
const headers = { Vary: 'Accept', 'WWW-Authenticate': ['Basic', 'Bearer'] }
const head: PageHead = { status: 200, headers, bodyBytes: 3 }
const nothings = ['', 'null', '1', '[]', '{}', '"text"', '{"version":1}', '{', '\u0000']

describe('A request at the address', () => {
  it('arrives as it was sent', () => {
    for (const request of [bare, full]) {
      const line = encodePageRequest({ token, request })
      assert.equal(line.indexOf('\n'), line.length - 1)
      assert.deepEqual(parsePageRequest(line), { token, request })
    }
  })

  const wrong: Record<string, readonly unknown[]> = {
    version: [undefined, 0, 2, '1'],
    token: [undefined, null, 1, [token]],
    method: [undefined, 'POST', 'get', ''],
    accept: [null, 1, ['text/plain']],
    acceptEncoding: [null, {}, true],
    query: [undefined, null, 1],
    authorization: [null, 1, ['Bearer x']],
    isCertified: [undefined, null, 'true', 1],
  }
  for (const [name, values] of Object.entries(wrong)) {
    it(`is refused where ${name} is wrong`, () => {
      const sent = JSON.parse(encodePageRequest({ token, request: full })) as object
      for (const value of values) {
        assert.equal(parsePageRequest(JSON.stringify({ ...sent, [name]: value })), undefined)
      }
    })
  }

  it('is refused where it is none', () => {
    for (const line of nothings) assert.equal(parsePageRequest(line), undefined)
  })
})

describe('A head', () => {
  it('arrives as it was sent', () => assert.deepEqual(parsePageHead(encodePageHead(head)), head))

  const wrong: Record<string, readonly unknown[]> = {
    version: [undefined, 2],
    status: [undefined, 100, 99, 600, 200.5, '200', null],
    headers: [undefined, null, [], { a: 1 }, { a: [1] }, { a: { b: 'c' } }, { a: null }],
    bodyBytes: [undefined, -1, 1.5, 1e300, '3'],
  }
  for (const [name, values] of Object.entries(wrong)) {
    it(`is refused where ${name} is wrong`, () => {
      const sent = JSON.parse(encodePageHead(head)) as object
      for (const value of values) {
        assert.equal(parsePageHead(JSON.stringify({ ...sent, [name]: value })), undefined)
      }
    })
  }

  it('is refused where it is none', () => {
    for (const line of nothings) assert.equal(parsePageHead(line), undefined)
  })
})

describe('A address', () => {
  it('is a port and a token', () => {
    assert.deepEqual(parsePageServerAddress({ port: 1, token, more: true }), { port: 1, token })
    assert.deepEqual(parsePageServerAddress({ port: 65_535, token }), { port: 65_535, token })
  })

  it('is nothing else', () => {
    const ports = [undefined, 0, 65_536, -1, 1.5, '80', null]
    const tokens = [undefined, '', 'a'.repeat(63), 'A'.repeat(64), 1, null, `${token}\n`]
    for (const port of ports) assert.equal(parsePageServerAddress({ port, token }), undefined)
    for (const other of tokens)
      assert.equal(parsePageServerAddress({ port: 1, token: other }), undefined)
    for (const value of [undefined, null, 1, 'text', []])
      assert.equal(parsePageServerAddress(value), undefined)
  })
})

describe('The first line of a socket', () => {
  async function pair(t: TestContext): Promise<[reader: Socket, writer: Socket]> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const writer = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [reader] = (await once(server, 'connection')) as [Socket]
    t.after(() => {
      reader.destroy()
      writer.destroy()
      server.close()
    })
    return [reader, writer]
  }

  it('is read however it comes, and what follows stays', async (t) => {
    const text = '{"a":"größe"}\nthe rest\nof it'
    for (const size of [1, 2, 7, 13, 14, 15, 100]) {
      const [reader, writer] = await pair(t)
      const bytes = Buffer.from(text)
      const line = firstLine(reader, 100)
      for (let at = 0; at < bytes.length; at += size) {
        writer.write(bytes.subarray(at, at + size))
        await new Promise((resolve) => setImmediate(resolve))
      }
      writer.end()
      assert.equal(await line, '{"a":"größe"}')
      assert.equal(reader.listenerCount('data') + reader.listenerCount('error'), 0)
      let rest = ''
      for await (const chunk of reader) rest += chunk
      assert.equal(rest, 'the rest\nof it')
    }
  })

  it('may be empty, and as long as allowed', async (t) => {
    for (const text of ['', 'x'.repeat(10)]) {
      const [reader, writer] = await pair(t)
      writer.write(`${text}\n`)
      assert.equal(await firstLine(reader, text.length), text)
    }
  })

  it('may not be longer than that, ended or not', async (t) => {
    for (const text of ['x'.repeat(11), `${'x'.repeat(11)}\n`]) {
      const [reader, writer] = await pair(t)
      writer.write(text)
      await assert.rejects(firstLine(reader, 10), /longer than 10 bytes/)
    }
  })

  it('must be there before the end', async (t) => {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const [reader, writer] = await pair(t)
      const line = firstLine(reader, 10)
      writer.write('xx', () => writer[leave]())
      await assert.rejects(line)
      assert.equal(reader.listenerCount('data') + reader.listenerCount('close'), 0)
    }
  })
})
