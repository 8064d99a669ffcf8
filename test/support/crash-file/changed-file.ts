import { Buffer } from 'node:buffer'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  checksum,
  headBytes,
  headChecksumAt,
  headSeed,
  seedOf,
} from '../../../src/crash-file/layout.ts'

/** Exchanges two blocks. */
export function exchanged(bytes: Buffer, left: number, right: number): Buffer {
  const kept = Buffer.from(bytes.subarray(left, left + blockBytes))
  bytes.copy(bytes, left, right, right + blockBytes)
  kept.copy(bytes, right)
  return bytes
}

export interface Forgery {
  readonly sequence: number
  readonly slot: number
  readonly value: number
}

/** Changes a number of the first page, and updates the checksum. */
export function forge(bytes: Buffer, { sequence, slot, value }: Forgery): void {
  const block = new Uint8Array(
    bytes.subarray(blockAt(0, sequence), blockAt(0, sequence) + blockBytes),
  )
  const words = new Uint32Array(block.buffer)
  new Float64Array(block.buffer)[blockHeadBytes / 8 + slot] = value
  const seed = seedOf(
    0,
    new Uint32Array(new Uint8Array(bytes.subarray(0, headBytes)).buffer)[3] ?? 0,
  )
  words[0] = checksum(block, blockHeadBytes + 8 * (words[1] ?? 0), seed)
  bytes.set(block, blockAt(0, sequence))
}

/** Changes a word of the head, and updates the checksum. */
export function resealed(bytes: Buffer, word: number, value: number): Buffer {
  const head = new Uint8Array(bytes.subarray(0, headBytes))
  const words = new Uint32Array(head.buffer)
  words[word] = value
  words[headChecksumAt / 4] = checksum(head, headChecksumAt, headSeed)
  bytes.set(head)
  return bytes
}
