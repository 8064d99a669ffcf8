/*
 * A crash file holds the counts of one worker. The primary reads the file after the worker has
 * died.
 *
 * Version 3:
 *
 *   offset  content
 *        0  head, written once
 *     4096  96 pages of 4096 bytes. Each page is two blocks of 2048 bytes.
 *   397312  names of the series, appended
 *
 *   head    4 × u32: "GPXC", version, byte order, seed
 *           3 × f64: pid, start (Unix seconds), fork number
 *           u32: checksum
 *   block   2 × u32: checksum, slots in use
 *           2 × f64: sequence, turn
 *           253 × f64: slots
 *   name    2 × u32: checksum, bytes of the JSON
 *           JSON: [slot, metric, labels] or [slot, metric, labels, bounds]
 *
 * Numbers have the byte order of the machine. The file never leaves the machine.
 *
 * Blocks: the writer alternates between the two blocks of a page, so one block is always whole.
 * Even sequences go to the first block. A block that was never written is zeros or beyond the end
 * of the file.
 *
 * Turns: each write of the file has a number, the turn. A turn writes the changed pages, and at
 * last the first page, which every turn writes. So the first page tells the last turn that is
 * complete. The reader ignores blocks of a later turn: the sums over the series of different pages
 * agree, although a kill can come between two pages. A page without changes keeps the block of an
 * earlier turn.
 *
 * Slots: the number of a slot is 256 × its page + its place on the page. A counter takes one slot.
 * A histogram takes a slot for its sum, then a slot for each of its `bounds + 1` buckets. All
 * slots of a histogram are on one page, so that a kill between two writes does not split the
 * histogram. Each series takes the first place with room, in the order of the names. The reader
 * repeats this to check the slots. A series whose slots are not in use has a name and no value yet.
 *
 * Writes: only names cross a multiple of 4096 bytes. Linux ends a killed process between two such
 * pages of a write, not within one.
 *
 * Checksums: CRC-32 of the bytes after the checksum. The checksum of the head skips "GPXC".
 */

export const crashVersion = 3
/** "GPXC" on a little-endian machine. */
export const magic = 0x43_58_50_47
export const byteOrder = 0x01_02_03_04
export const headBytes = 48
/** Offset of the checksum in the head. */
export const headChecksumAt = 40
/** Seed of the checksum of the head. */
export const headSeed = 1
export const pages = 96
export const pageBytes = 4_096
export const blockBytes = 2_048
export const blockHeadBytes = 24
/** Offset of the turn in a block. */
export const turnAt = 16
export const slotsPerPage: number = (blockBytes - blockHeadBytes) / 8
export const namesAt: number = (1 + pages) * pageBytes
export const nameHeadBytes = 8

/** Kept from the first call on: the application may replace the function of the module. */
let zlibCrc32: ((bytes: Uint8Array, seed: number) => number) | undefined

/**
 * Loads `node:zlib` on the first call: that takes 0.7 ms, a fifth of the preload. A process
 * without a crash file does not load the module.
 */
export function crc32(bytes: Uint8Array, seed: number): number {
  zlibCrc32 ??= process.getBuiltinModule('node:zlib').crc32
  return zlibCrc32(bytes, seed)
}

/**
 * The checksum of a head or a block, which skips the first 4 bytes.
 * @param end offset of the first byte behind.
 */
export function checksum(bytes: Uint8Array, end: number, seed: number): number {
  return crc32(bytes.subarray(4, end), seed)
}

/** Differs by page and by file: a block from another page or file does not fit. */
export function seedOf(page: number, fileSeed: number): number {
  return (fileSeed ^ Math.imul(page + 1, 0x85_eb_ca_6b)) >>> 0
}

export function blockAt(page: number, sequence: number): number {
  return (1 + page) * pageBytes + (sequence % 2) * blockBytes
}

/** Assigns slots. The writer and the reader get the same slots for the same series. */
export class Slots {
  readonly #pages: number
  #next = 0

  constructor(most: number = pages) {
    this.#pages = most
  }

  /** Returns the first of `count` adjacent slots; undefined if there is no room. */
  take(count: number): number | undefined {
    let first = this.#next
    if ((first & 255) + count > slotsPerPage) first = ((first >>> 8) + 1) << 8
    if (count > slotsPerPage || first >>> 8 >= this.#pages) return undefined
    this.#next = first + count
    return first
  }
}
