import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as layout from '../../src/crash-file/layout.ts'

describe('The layout of a crash file', () => {
  test('keeps its numbers as long as it keeps its version', () => {
    const { crashVersion, magic, byteOrder, headBytes, headChecksumAt, headSeed } = layout
    assert.deepEqual(
      [crashVersion, magic, byteOrder, headBytes, headChecksumAt, headSeed],
      [3, 0x43_58_50_47, 0x01_02_03_04, 48, 40, 1],
    )
    const { pages, pageBytes, blockBytes, blockHeadBytes, slotsPerPage } = layout
    assert.deepEqual(
      [pages, pageBytes, blockBytes, blockHeadBytes, slotsPerPage],
      [96, 4_096, 2_048, 24, 253],
    )
    assert.deepEqual([layout.namesAt, layout.nameHeadBytes], [397_312, 8])
  })

  test('keeps its checksums as long as it keeps its version', () => {
    const bytes = Uint8Array.from({ length: 16 }, (_, index) => index)
    // The check value of CRC-32 for the text "123456789".
    assert.equal(layout.crc32(Buffer.from('123456789'), 0), 0xcb_f4_39_26)
    assert.equal(layout.checksum(bytes, 12, 5), layout.crc32(bytes.subarray(4, 12), 5))
    assert.equal(layout.seedOf(0, 0), 0x85_eb_ca_6b)
    assert.equal(layout.seedOf(1, 1), 0x0b_d7_94_d7)
    assert.equal(layout.seedOf(0, 0xff_ff_ff_ff), 0x7a_14_35_94)
  })

  test('puts even sequences into the first block of a page', () => {
    const offsets = [0, 1, 2].map((sequence) => layout.blockAt(0, sequence))
    assert.deepEqual(offsets, [4_096, 6_144, 4_096])
    assert.equal(layout.blockAt(15, 1), 67_584)
  })
})

describe('Slots.take()', () => {
  const { slotsPerPage } = layout

  test('returns adjacent slots of one page', () => {
    const slots = new layout.Slots()
    assert.deepEqual([slots.take(1), slots.take(3), slots.take(1)], [0, 1, 4])
  })

  test('goes to the next page if the page has too few slots', () => {
    const slots = new layout.Slots()
    assert.equal(slots.take(slotsPerPage - 1), 0)
    assert.equal(slots.take(1), slotsPerPage - 1)
    assert.equal(slots.take(1), 256)
    assert.equal(slots.take(slotsPerPage), 512)
  })

  test('refuses more slots than a page has, and gives others afterwards', () => {
    const slots = new layout.Slots()
    assert.equal(slots.take(slotsPerPage + 1), undefined)
    assert.equal(slots.take(slotsPerPage), 0)
  })

  test('refuses slots behind the last page', () => {
    const slots = new layout.Slots()
    for (let page = 0; page < layout.pages; page += 1) {
      assert.equal(slots.take(slotsPerPage), page * 256)
    }
    assert.equal(slots.take(1), undefined)
  })
})
