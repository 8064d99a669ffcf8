import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeFrame, type Frame, FrameReader } from '../../../src/master/control/frame.ts'

describe('FrameReader', () => {
  test('reads frames from chunks of any size', () => {
    const values = [{ id: 1 }, { id: 2, text: 'ä'.repeat(100) }, {}]
    const bytes = Buffer.concat(values.map(encodeFrame))
    for (let size = 1; size <= bytes.length; size += 7) {
      assert.deepEqual(texts(readAll(new FrameReader(), bytes, size)), values)
    }
  })

  test('says whether a part of a frame has arrived', () => {
    const reader = new FrameReader()
    const frame = encodeFrame({ id: 1 })
    assert.equal(reader.isWithin, false)
    assert.deepEqual([...reader.read(frame.subarray(0, 2))], [])
    assert.equal(reader.isWithin, true)
    assert.equal([...reader.read(frame.subarray(2))].length, 1)
    assert.equal(reader.isWithin, false)
  })

  test('refuses a length over the limit before the body arrives', () => {
    const reader = new FrameReader(100)
    assert.deepEqual([...reader.read(lengthOf(101))], [{ kind: 'too long', bytes: 101 }])
    const bomb = new FrameReader()
    assert.deepEqual(
      [...bomb.read(lengthOf(0xffff_ffff))],
      [{ kind: 'too long', bytes: 4_294_967_295 }],
    )
  })

  test('accepts a frame of exactly the limit, and an empty frame', () => {
    const reader = new FrameReader(3)
    const found = [...reader.read(Buffer.concat([lengthOf(3), Buffer.from('abc'), lengthOf(0)]))]
    assert.deepEqual(
      found.map((each) => (each.kind === 'frame' ? String(each.body) : each)),
      ['abc', ''],
    )
  })
})

function readAll(reader: FrameReader, bytes: Buffer, size: number): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < bytes.length; at += size) {
    frames.push(...reader.read(bytes.subarray(at, at + size)))
  }
  return frames
}

function texts(frames: readonly Frame[]): unknown[] {
  return frames.map((each) => (each.kind === 'frame' ? JSON.parse(String(each.body)) : each))
}

function lengthOf(bytes: number): Buffer {
  const header = Buffer.alloc(4)
  header.writeUInt32BE(bytes)
  return header
}
