import { Buffer } from 'node:buffer'
import { numbersOf } from '../collect/counts/count-places.ts'
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
import type { CrashFileName } from './names.ts'

/**
 * Returns the slots in use of each page. Returns undefined if a page has no whole block, or has
 * slots in use without a name.
 */
export function parsePages(
  bytes: Uint8Array,
  names: readonly CrashFileName[],
  seed: number,
): Float64Array[] | undefined {
  const ends = new Uint16Array(pages)
  for (const name of names) ends[name.slot >>> 8] = (name.slot & 255) + numbersOf(name)
  const first = parsePage(bytes, 0, seed)
  const turn = first ? newestOf(first, Number.POSITIVE_INFINITY).turn : 0
  const blocks: Float64Array[] = []
  for (const [page, end] of ends.entries()) {
    const whole = parsePage(bytes, page, seed)
    const values = whole && newestOf(whole, turn).values
    if (!values || values.length > end) return undefined
    blocks.push(values)
  }
  return blocks
}

const blankPage = Buffer.alloc(pageBytes)

/**
 * The whole blocks of a page, none for a page that was never written. Returns undefined if the page
 * was written and neither of its blocks is whole.
 */
function parsePage(bytes: Uint8Array, page: number, fileSeed: number): Block[] | undefined {
  const seed = seedOf(page, fileSeed)
  const whole = [0, 1].flatMap((half): Block[] => {
    const block = parseBlock(bytes, blockAt(page, half), seed)
    return block && block.sequence % 2 === half ? [block] : []
  })
  if (whole.length > 0) return whole
  const isBlank = blankPage.equals(bytes.subarray(blockAt(page, 0), blockAt(page, 0) + pageBytes))
  return isBlank ? [] : undefined
}

const blank: Block = { sequence: 0, turn: 0, values: new Float64Array(0) }

/** The newest block up to a turn. Blank if the page was first written in a later turn. */
function newestOf(blocks: readonly Block[], turn: number): Block {
  const [first, second] = blocks.filter((block) => block.turn <= turn)
  if (first && second) return first.sequence > second.sequence ? first : second
  return first ?? blank
}

interface Block {
  readonly sequence: number
  readonly turn: number
  readonly values: Float64Array
}

function parseBlock({ buffer }: Uint8Array, at: number, seed: number): Block | undefined {
  const [sum, used = 0] = new Uint32Array(buffer, at, 2)
  if (used > slotsPerPage) return undefined
  const block = new Uint8Array(buffer, at, blockBytes)
  if (sum !== checksum(block, blockHeadBytes + 8 * used, seed)) return undefined
  const [sequence, turn] = new Float64Array(buffer, at + 8, 2)
  if (!isNaturalNumber(sequence) || !isNaturalNumber(turn)) return undefined
  return { sequence, turn, values: new Float64Array(buffer, at + blockHeadBytes, used) }
}
