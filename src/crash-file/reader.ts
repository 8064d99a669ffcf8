import { Buffer } from 'node:buffer'
import { crashFileLimits } from '../limits/crash-file.ts'
import { attributeKey } from '../model/attribute-key.ts'
import { catalog } from '../model/catalog/catalog.ts'
import type { Declaration } from '../model/catalog/declaration.ts'
import { declared } from '../model/catalog/declared.ts'
import type { Attributes, HistogramValue, Metric, Value } from '../model/metric.ts'
import type { Source } from '../relay/report.ts'
import { isAscending, isRecord } from '../support/guards.ts'
import {
  blockAt,
  blockBytes,
  blockHeadBytes,
  byteOrder,
  type CrashKey,
  checksum,
  crashKeys,
  crashVersion,
  headBytes,
  magic,
  nameHeadBytes,
  namesAt,
  pageBytes,
  pages,
  Slots,
  seedOf,
  slotsPerPage,
  textChecksum,
} from './layout.ts'

/** What a worker had counted when it wrote its crash file last. */
export interface CrashCounts {
  readonly source: Source
  /** One for each series. */
  readonly metrics: readonly Metric[]
}

interface Named {
  readonly slot: number
  readonly key: CrashKey
  readonly attributes: Attributes
  readonly bounds: readonly number[] | undefined
}

/** Reads a crash file, which is not trusted; undefined for what is none of this version, or not as it was written. */
export function parseCrashFile(content: Uint8Array): CrashCounts | undefined {
  if (content.length < headBytes || content.length > crashFileLimits.crashFileBytes)
    return undefined
  // A copy, so that its numbers lie where numbers may, and its blocks are all there.
  const bytes = new Uint8Array(Math.max(content.length, namesAt))
  bytes.set(content)
  const head = new Uint32Array(bytes.buffer, 0, headBytes / 4)
  const source = parseHead(head)
  const seed = head[3] as number
  const names = source && parseNames(bytes, seed)
  const values = names && parsePages(bytes, names, seed)
  const metrics = values && metricsOf(names, values)
  return metrics && { source, metrics }
}

function parseHead(words: Uint32Array): Source | undefined {
  if (words[0] !== magic || words[1] !== crashVersion || words[2] !== byteOrder) return undefined
  if (words[10] !== checksum(words, 10, 1)) return undefined
  const [pid, startSeconds, forkNumber] = new Float64Array(words.buffer, 16, 3)
  if (!isCount(pid) || !isCount(startSeconds) || !isCount(forkNumber)) return undefined
  return { role: 'worker', pid, startSeconds, forkNumber: forkNumber }
}

function parseNames(bytes: Uint8Array, seed: number): Named[] | undefined {
  const names: Named[] = []
  const slots = new Slots()
  const seen = new Set<string>()
  for (const text of nameTexts(bytes, seed)) {
    const name = parseName(text)
    if (!name || slots.take(sizeOf(name)) !== name.slot) return undefined
    const id = `${name.key} ${attributeKey(name.attributes)}`
    if (seen.has(id)) return undefined
    seen.add(id)
    names.push(name)
  }
  return names
}

/** Up to the first that is not whole: no slot of it, or after it, may then be in use. */
function* nameTexts(bytes: Uint8Array, seed: number): Iterable<Uint8Array> {
  for (let at = namesAt; at + nameHeadBytes <= bytes.length; ) {
    const [sum, length = 0] = new Uint32Array(bytes.slice(at, at + nameHeadBytes).buffer)
    const text = bytes.subarray(at + nameHeadBytes, at + nameHeadBytes + length)
    if (length === 0 || length > crashFileLimits.crashNameBytes || text.length < length) return
    if (sum !== textChecksum(text, seedOf(length, seed))) return
    yield text
    at += nameHeadBytes + length
  }
}

function parseName(text: Uint8Array): Named | undefined {
  const name = parseJson(text)
  if (!Array.isArray(name)) return undefined
  const [slot, key, attributes, bounds] = name as unknown[]
  const declaration = isKey(key) ? catalog[key] : undefined
  if (!declaration || !isCount(slot) || !hasLabels(declaration, attributes)) return undefined
  const isHistogram = declaration.kind === 'histogram'
  if (isHistogram ? !isAscending(bounds) : bounds !== undefined) return undefined
  return { slot, key: key as CrashKey, attributes, bounds: bounds as Named['bounds'] }
}

function parseJson(text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString())
  } catch {
    return undefined
  }
}

function isKey(value: unknown): value is CrashKey {
  return crashKeys.some((key) => key === value)
}

/** Those of the catalogue, and no others: what is told under our names is what we would have told. */
function hasLabels({ labels }: Declaration, value: unknown): value is Attributes {
  if (!isRecord(value)) return false
  const wanted = labels.filter((label) => label !== 'worker_id')
  const isTold = wanted.every((label) => typeof value[label] === 'string')
  return isTold && Object.keys(value).length === wanted.length
}

/** Of each page the slots in use; none of one that nobody has written. */
function parsePages(
  bytes: Uint8Array,
  names: readonly Named[],
  seed: number,
): Float64Array[] | undefined {
  const blocks: Float64Array[] = []
  const ends = new Uint16Array(pages)
  for (const name of names) ends[name.slot >>> 8] = (name.slot & 255) + sizeOf(name)
  for (const [page, end] of ends.entries()) {
    const block = newestBlock(bytes, page, seedOf(page, seed))
    if (!block || block.length > end) return undefined
    blocks.push(block)
  }
  return blocks
}

const blankPage = Buffer.alloc(pageBytes)

/** Undefined where a page was written and nothing of it is whole. */
function newestBlock(bytes: Uint8Array, page: number, seed: number): Float64Array | undefined {
  const blocks = [0, 1].map((sequence) => parseBlock(bytes, blockAt(page, sequence), seed))
  const whole = blocks.filter((block, index) => block && block.sequence % 2 === index)
  const [first, second] = whole
  if (first && second) return first.sequence > second.sequence ? first.values : second.values
  if (whole[0]) return whole[0].values
  const isBlank = blankPage.equals(bytes.subarray(blockAt(page, 0), blockAt(page, 0) + pageBytes))
  return isBlank ? new Float64Array(0) : undefined
}

function parseBlock(
  { buffer }: Uint8Array,
  at: number,
  seed: number,
): { readonly sequence: number; readonly values: Float64Array } | undefined {
  const words = new Uint32Array(buffer, at, blockBytes / 4)
  const used = words[1] as number
  const end = (blockHeadBytes + 8 * used) / 4
  if (used > slotsPerPage || words[0] !== checksum(words, end, seed)) return undefined
  const sequence = new Float64Array(buffer, at + 8, 1)[0]
  if (!isCount(sequence)) return undefined
  return { sequence, values: new Float64Array(buffer, at + blockHeadBytes, used) }
}

function metricsOf(names: readonly Named[], blocks: readonly Float64Array[]): Metric[] | undefined {
  const metrics: Metric[] = []
  for (const name of names) {
    const first = name.slot & 255
    const own = blocks[name.slot >>> 8]?.subarray(first, first + sizeOf(name))
    // Named, and killed before it was written.
    if (!own || own.length < sizeOf(name)) continue
    const value = name.bounds ? histogramOf(own) : own[0]
    if (!isPossible(value)) return undefined
    metrics.push(metricOf(name, value))
  }
  return metrics
}

function metricOf({ key, attributes, bounds }: Named, value: Value): Metric {
  const declaration = bounds ? { ...catalog[key], bounds } : catalog[key]
  return declared(declaration, [{ attributes, value }])
}

function histogramOf(own: Float64Array): HistogramValue {
  const [sum = Number.NaN, ...counts] = own
  return { count: counts.reduce((total, count) => total + count, 0), sum, counts }
}

function isPossible(value: Value | undefined): value is number | HistogramValue {
  if (typeof value !== 'object' || !('counts' in value)) return isCount(value)
  return (
    Number.isFinite(value.sum) && value.sum >= 0 && [value.count, ...value.counts].every(isCount)
  )
}

function sizeOf({ bounds }: Named): number {
  return bounds ? bounds.length + 2 : 1
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
