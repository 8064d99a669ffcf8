import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { checksumOf, joinedChecksum } from '../../../src/exposition/codings/crc32.ts'

test('The joined checksum of two texts is the checksum of the joined text', () => {
  const bytes = fc.uint8Array({ maxLength: 2_000 }).map((each) => Buffer.from(each))
  fc.assert(
    fc.property(bytes, bytes, (one, other) => {
      const all = Buffer.concat([one, other])
      const joined = joinedChecksum(checksumOf(one), checksumOf(other))
      assert.deepEqual(joined, { crc: crc32(all), bytes: all.length })
    }),
  )
})

test('The checksum of a long text moves over all of its bytes', () => {
  const one = Buffer.from('one')
  const other = Buffer.alloc(5_000_001, 'other')
  const joined = joinedChecksum(checksumOf(one), checksumOf(other))
  assert.equal(joined.crc, crc32(other, crc32(one)))
})
