import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, type TestContext, test } from 'node:test'
import { firstLine } from '../../src/relay/first-line.ts'

describe('firstLine()', () => {
  test('returns the line for chunks of any size, and leaves the rest unread', async (context) => {
    const text = '{"a":"größe"}\nthe rest\nof it'
    for (const size of [1, 2, 7, 13, 14, 15, 100]) {
      const { reader, writer } = await connected(context)
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

  test('accepts an empty line, and a line of the largest size', async (context) => {
    for (const text of ['', 'x'.repeat(10)]) {
      const { reader, writer } = await connected(context)
      writer.write(`${text}\n`)
      assert.equal(await firstLine(reader, text.length), text)
    }
  })

  test('rejects a line that is too long, with or without its end', async (context) => {
    for (const text of ['x'.repeat(11), `${'x'.repeat(11)}\n`]) {
      const { reader, writer } = await connected(context)
      writer.write(text)
      await assert.rejects(firstLine(reader, 10), /longer than 10 bytes/)
    }
  })

  test('rejects if the connection ends before the line', async (context) => {
    for (const leave of ['end', 'destroy', 'resetAndDestroy'] as const) {
      const { reader, writer } = await connected(context)
      const line = firstLine(reader, 10)
      writer.write('xx', () => writer[leave]())
      await assert.rejects(line)
      assert.equal(reader.listenerCount('data') + reader.listenerCount('close'), 0)
    }
  })
})

interface Connection {
  readonly reader: Socket
  readonly writer: Socket
}

async function connected(context: TestContext): Promise<Connection> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const writer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [reader] = (await once(server, 'connection')) as [Socket]
  context.after(() => {
    reader.destroy()
    writer.destroy()
    server.close()
  })
  return { reader, writer }
}
