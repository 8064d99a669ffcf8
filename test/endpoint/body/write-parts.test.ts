import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { writeParts } from '../../../src/endpoint/body/write-parts.ts'

describe('writeParts', () => {
  test('writes one part beyond the buffer of a reader that stands still', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    const parts = ['one', 'four', 'nine', 'last'].map((text) => Buffer.from(text))
    writeParts(stream, parts)
    await new Promise((resolve) => setImmediate(resolve))
    assert.ok(stream.readableLength + stream.writableLength <= 11)
    assert.equal(stream.writableEnded, false)
    const chunks = await stream.toArray()
    assert.equal(Buffer.concat(chunks).toString(), 'onefourninelast')
  })

  test('ends a stream without parts', async () => {
    const stream = new PassThrough()
    writeParts(stream, [])
    assert.deepEqual(await stream.toArray(), [])
  })

  test('destroys a stream that throws', () => {
    const stream = new PassThrough()
    stream.write = () => {
      throw new Error('no')
    }
    writeParts(stream, [Buffer.from('x')])
    assert.ok(stream.destroyed)
  })
})
