import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { writeParts } from '../../../src/endpoint/body/write-parts.ts'
import { endpointLimits } from '../../../src/limits/endpoint.ts'

describe('writeParts', () => {
  test('writes endpointLimits.writeBytes for a reader that stands still', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    const quarter = Buffer.alloc(endpointLimits.writeBytes / 4, 'x')
    const parts = [...Array.from({ length: 9 }, () => quarter), Buffer.from('last')]
    writeParts(stream, parts)
    await new Promise((resolve) => setImmediate(resolve))
    // Both sides of the stream count the first part.
    const unsent = stream.readableLength + stream.writableLength - quarter.length
    assert.equal(unsent, endpointLimits.writeBytes)
    assert.equal(stream.writableEnded, false)
    const chunks = await stream.toArray()
    assert.deepEqual(Buffer.concat(chunks), Buffer.concat(parts))
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
