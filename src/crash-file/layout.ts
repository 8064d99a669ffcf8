import type { MetricKey } from '../model/catalog/catalog.ts'

/*
 * A crash file holds what one worker has counted, for its primary to read when the worker is dead. Version 1:
 *
 *       0  the head, written once
 *    4096  16 pages of 4096 bytes; each is two blocks of 2048 that are written in turn, so that one is always whole
 *   69632  names, which are appended: what the slots of the blocks hold
 *
 *   head   4 × u32: "GPXC", version, byte order, seed; 3 × f64: pid, start (Unix seconds), fork number; u32: checksum
 *   block  u32: checksum, u32: slots in use, f64: sequence, then 254 slots of f64. The block of an even sequence is
 *          the first one
 *   name   2 × u32: checksum, bytes; then JSON: [slot, metric, labels] or [slot, metric, labels, bounds]
 *
 * Numbers are in the byte order of the machine: a file never leaves it. A slot's number is 256 × its page + its place there.
 * Counters take one slot; a histogram takes its sum and then its buckets, bounds + 1 of them, all on one page, so that a
 * worker that dies between two writes leaves none in halves. Series take the first place that has room, in order of
 * their names, which is how the reader knows what slots there are. A block that nobody has written is of zeros or
 * beyond the end of the file; a series whose slots are not in use has a name and no value yet.
 *
 * No write crosses a border of 4096 bytes, but for names: the kernel ends a killed process between such pages only.
 */

export const crashVersion = 1
/** "GPXC" where the lowest byte comes first. */
export const magic = 0x43_58_50_47
export const byteOrder = 0x01_02_03_04
export const headBytes = 48
export const pages = 16
export const pageBytes = 4_096
export const blockBytes = 2_048
export const blockHeadBytes = 16
export const slotsPerPage: number = (blockBytes - blockHeadBytes) / 8
export const namesAt: number = (1 + pages) * pageBytes
export const nameHeadBytes = 8

/** What survives. */
export type CrashKey = Extract<
  MetricKey,
  | 'requests'
  | 'responses'
  | 'failedRequests'
  | 'errorHandling'
  | 'requestDuration'
  | 'requestSize'
  | 'responseSize'
>

export const crashKeys: readonly CrashKey[] = [
  'requests',
  'responses',
  'failedRequests',
  'errorHandling',
  'requestDuration',
  'requestSize',
  'responseSize',
]

/**
 * Of the words from the second one on: in the first it is kept, or the magic. Detects a change of any one word for
 * certain, any other with all but 2^-32.
 */
export function checksum(words: Uint32Array, end: number, seed: number): number {
  let hash = seed
  for (let index = 1; index < end; index += 1) {
    hash = Math.imul(hash ^ (words[index] as number), 0x9e_37_79_b1)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

/** The same of bytes. */
export function textChecksum(bytes: Uint8Array, seed: number): number {
  let hash = seed
  for (const byte of bytes) {
    hash = Math.imul(hash ^ byte, 0x9e_37_79_b1)
    hash ^= hash >>> 15
  }
  return hash >>> 0
}

/** A block that comes from another page or another file is none of this page's. Never 0, of which zeros would be valid. */
export function seedOf(page: number, fileSeed: number): number {
  return ((fileSeed ^ Math.imul(page + 1, 0x85_eb_ca_6b)) | 1) >>> 0
}

export function blockAt(page: number, sequence: number): number {
  return (1 + page) * pageBytes + (sequence % 2) * blockBytes
}

/** Gives out slots; the reader repeats what the writer did. */
export class Slots {
  #next = 0

  /** The first of so many side by side; undefined where there is no room. */
  take(count: number): number | undefined {
    let first = this.#next
    if ((first & 255) + count > slotsPerPage) first = ((first >>> 8) + 1) << 8
    if (count > slotsPerPage || first >>> 8 >= pages) return undefined
    this.#next = first + count
    return first
  }
}
