import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { shareLimits } from '../../../src/limits/share.ts'
import { encodeMessage, type StateMessage } from '../../../src/share/hand-over/message.ts'
import { MessageReader } from '../../../src/share/hand-over/message-reader.ts'

const first = stateOf(0)

function stateOf(bytes: number): StateMessage {
  return { kind: 'state', bytes, isReady: true, hasReleased: false }
}

/** The messages and bodies of a stream that arrives in pieces of this size. */
function read(stream: Buffer, size: number): [StateMessage, string][] {
  const found: [StateMessage, string][] = []
  const reader = new MessageReader((message, body) => found.push([message, String(body)]))
  for (let at = 0; at < stream.length; at += size) reader.add(stream.subarray(at, at + size))
  return found
}

describe('MessageReader', () => {
  const stream = Buffer.from(
    `${encodeMessage(first)}${encodeMessage(stateOf(5))}a\nb\nc${encodeMessage(stateOf(0))}`,
  )
  for (const size of [1, 2, 7, 10_000])
    test(`finds all messages in pieces of ${size} bytes`, () => {
      assert.deepEqual(read(stream, size), [
        [first, ''],
        [stateOf(5), 'a\nb\nc'],
        [stateOf(0), ''],
      ])
    })

  test('throws for a line that is no message', () => {
    assert.throws(() => read(Buffer.from('GET / HTTP/1.1\n'), 100), /Invalid message/)
  })

  test('throws for a line without an end', () => {
    assert.throws(() => read(Buffer.alloc(shareLimits.handOverLineBytes + 1, 'a'), 100))
  })

  test('throws for a state above the limit', () => {
    const line = encodeMessage(stateOf(shareLimits.peerStateBytes + 1))
    assert.throws(() => read(Buffer.from(line), 1_000), /Invalid message/)
  })
})
