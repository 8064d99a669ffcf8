import { Buffer } from 'node:buffer'
import { isNaturalNumber } from '../support/guards.ts'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  checksum,
  pageBytes,
  pages,
  seedOf,
  slotsPerPage,
} from './layout.ts'
import { type CrashFileName, slotsOf } from './names.ts'

/**
 * Returns the slots in use of each page. Returns undefined if a page has no whole block, or has
 * slots in use without a name.
 */
export function parsePages(
  bytes: Uint8Array,
  names: readonly CrashFileName[],
  seed: number,
): Float64Array[] | undefined {
  const blocks: Float64Array[] = []
  const ends = new Uint16Array(pages)
  for (const name of names) ends[name.slot >>> 8] = (name.slot & 255) + slotsOf(name)
  for (const [page, end] of ends.entries()) {
    const block = newestBlock(bytes, page, seedOf(page, seed))
    if (!block || block.length > end) return undefined
    blocks.push(block)
  }
  return blocks
}

const blankPage = Buffer.alloc(pageBytes)

/** Returns undefined if the page was written and neither of its blocks is whole. */
function newestBlock(bytes: Uint8Array, page: number, seed: number): Float64Array | undefined {
  const blocks = [0, 1].map((sequence) => parseBlock(bytes, blockAt(page, sequence), seed))
  const [first, second] = blocks.filter((block, index) => block && block.sequence % 2 === index)
  if (first && second) return first.sequence > second.sequence ? first.values : second.values
  if (first) return first.values
  const isBlank = blankPage.equals(bytes.subarray(blockAt(page, 0), blockAt(page, 0) + pageBytes))
  return isBlank ? new Float64Array(0) : undefined
}

interface Block {
  readonly sequence: number
  readonly values: Float64Array
}

function parseBlock({ buffer }: Uint8Array, at: number, seed: number): Block | undefined {
  const [sum, used = 0] = new Uint32Array(buffer, at, 2)
  if (used > slotsPerPage) return undefined
  const block = new Uint8Array(buffer, at, blockBytes)
  if (sum !== checksum(block, blockHeadBytes + 8 * used, seed)) return undefined
  const [sequence] = new Float64Array(buffer, at + 8, 1)
  if (!isNaturalNumber(sequence)) return undefined
  return { sequence, values: new Float64Array(buffer, at + blockHeadBytes, used) }
}
