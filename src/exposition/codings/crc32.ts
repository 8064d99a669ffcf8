import { crc32 } from 'node:zlib'

/** The CRC-32 of some bytes, and their number. */
export interface Checksum {
  readonly crc: number
  readonly bytes: number
}

export function checksumOf(bytes: Buffer): Checksum {
  return { crc: crc32(bytes), bytes: bytes.length }
}

/**
 * The checksum of two texts, one behind the other. The bytes of kept parts are not read again: the
 * first CRC moves over the second text as a polynomial, multiplied by x to the power of its bits.
 */
export function joinedChecksum(one: Checksum, other: Checksum): Checksum {
  const moved = product(powerOfBytes(other.bytes), one.crc)
  return { crc: (moved ^ other.crc) >>> 0, bytes: one.bytes + other.bytes }
}

/** x^(8·bytes), modulo the polynomial of CRC-32. */
function powerOfBytes(bytes: number): number {
  let power = first
  let square = xToThe8
  for (let rest = bytes; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power = product(square, power)
    square = product(square, square)
  }
  return power
}

/** Polynomials with the coefficient of x^0 in the highest bit, modulo that of CRC-32. */
function product(one: number, other: number): number {
  let sum = 0
  let shifted = other
  for (let bit = 31; bit >= 0; bit -= 1) {
    if ((one >>> bit) & 1) sum ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ polynomial : shifted >>> 1
  }
  return sum >>> 0
}

/** x^0. */
const first = 0x80000000
const xToThe8 = 0x00800000
const polynomial = 0xedb88320
