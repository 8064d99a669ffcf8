import * as zlib from 'node:zlib'
import { expositionLimits } from '../../limits/exposition.ts'
import { type Body, bodyOf } from '../../model/page/body.ts'
import type { InParts } from '../../model/page/in-parts.ts'
import { type Checksum, checksumOf, joinedChecksum } from './crc32.ts'
import { groupsOf, joined } from './groups.ts'

/** The form of a body: as it is, or compressed. */
export type Coding = 'identity' | 'gzip' | 'zstd'

/** Node 20, and Node 22 before 22.15, have no zstd. */
export const hasZstd: boolean = 'zstdCompressSync' in zlib

interface Packed {
  readonly group: readonly Buffer[]
  readonly bytes: Buffer
  readonly checksum: Checksum
}

/** Encodes pages. Compressed parts of gzip stay as long as the parts themselves. */
export class PageEncoder {
  /** By the first buffer of a group. */
  readonly #packed = new WeakMap<Buffer, Packed>()

  encode(parts: readonly Buffer[], coding: Coding): InParts<Body> {
    if (coding === 'gzip') return this.#gzip(parts)
    return onePart(parts, coding)
  }

  *#gzip(parts: readonly Buffer[]): InParts<Body> {
    const packed: Packed[] = []
    for (const group of groupsOf(parts)) {
      packed.push(this.#pack(group))
      yield
    }
    return bodyOf([gzipHead, ...packed.map(({ bytes }) => bytes), gzipEnd(packed)])
  }

  #pack(group: readonly Buffer[]): Packed {
    const [first = nothing] = group
    const known = this.#packed.get(first)
    if (known && isSame(known.group, group)) return known
    const plain = joined(group)
    const packed = { group, bytes: deflated(plain), checksum: checksumOf(plain) }
    this.#packed.set(first, packed)
    return packed
  }
}

/** Whether a page of this size is compressed at once. Other work of the thread waits for zstd. */
export function fits(coding: Coding, bytes: number): boolean {
  return coding !== 'zstd' || bytes <= expositionLimits.zstdBytes
}

// biome-ignore lint/correctness/useYield: the forms of a page have one type.
function* onePart(parts: readonly Buffer[], coding: 'identity' | 'zstd'): InParts<Body> {
  if (coding === 'identity') return bodyOf(groupsOf(parts).map(joined))
  return bodyOf([zstd(Buffer.concat(parts))])
}

const nothing = Buffer.alloc(0)
const none: Checksum = { crc: 0, bytes: 0 }

function isSame(one: readonly Buffer[], other: readonly Buffer[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index])
}

/**
 * Level 1 reaches three quarters of the compression in a third of the time. The synchronous call
 * blocks only the exporter thread; the thread pool belongs to the application too.
 */
function deflated(plain: Buffer): Buffer {
  const { Z_SYNC_FLUSH } = zlib.constants
  return zlib.deflateRawSync(plain, {
    level: expositionLimits.gzipLevel,
    finishFlush: Z_SYNC_FLUSH,
    chunkSize: chunkBytes(plain),
  })
}

/** One frame: Node's own decoder, among others, reads only the first of several frames. */
function zstd(plain: Buffer): Buffer {
  const { ZSTD_c_compressionLevel } = zlib.constants
  return zlib.zstdCompressSync(plain, {
    params: { [ZSTD_c_compressionLevel]: expositionLimits.zstdLevel },
    chunkSize: chunkBytes(plain),
  })
}

/** Node compresses into buffers of this size. Most pages become eight times smaller. */
function chunkBytes({ length }: Buffer): number {
  return Math.max(1_024, Math.ceil(length / 4))
}

/** RFC 1952: deflate, without a name and a time, the fastest algorithm, from Unix. */
const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 3])

/** An empty last block, the CRC and the length. */
function gzipEnd(packed: readonly Packed[]): Buffer {
  const { crc, bytes } = packed.reduce((all, { checksum }) => joinedChecksum(all, checksum), none)
  const end = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  end.writeUInt32LE(crc, 2)
  end.writeUInt32LE(bytes % 2 ** 32, 6)
  return end
}
