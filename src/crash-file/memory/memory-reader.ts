import { crashFileLimits } from '../../limits/crash-file.ts'
import type { Metric } from '../../model/metric.ts'
import { isIntegerBetween, isNaturalNumber } from '../../support/guards.ts'
import { byteOrder, Slots, slotsPerPage } from '../layout.ts'
import { type CrashFileName, parseNames } from '../names.ts'
import { type CrashCounts, metricsOf } from '../reader.ts'
import {
  memoryHeadBytes,
  memoryMagic,
  memoryNamesAt,
  memoryNamesBytes,
  memoryPages,
  memoryVersion,
  nameLengthBytes,
  namesEndIndex,
  pageStride,
  valuesAt,
} from './memory-layout.ts'

/** @returns a copy of these bytes of the memory, alone in its buffer. */
export type ReadBytes = (at: number, length: number) => Uint8Array<ArrayBuffer>

/** Whether a worker uses the memory. */
export function isInUse(read: ReadBytes): boolean {
  return new Uint32Array(read(0, 4).buffer)[0] === memoryMagic
}

/**
 * The counts of a worker that has ended. The worker can have written anything.
 * @returns `unused` if the worker never used the memory.
 */
export function parseMemory(read: ReadBytes): CrashCounts | 'unused' | 'refused' {
  const head = read(0, memoryHeadBytes)
  const [magic, version, order] = new Uint32Array(head.buffer, 0, 3)
  if (magic === 0) return 'unused'
  if (magic !== memoryMagic || version !== memoryVersion || order !== byteOrder) return 'refused'
  const numbers = new Float64Array(head.buffer)
  const [pid, startSeconds, forkNumber] = numbers.subarray(2)
  const namesEnd = numbers[namesEndIndex]
  if (!isNaturalNumber(pid) || !isNaturalNumber(startSeconds)) return 'refused'
  if (!isNaturalNumber(forkNumber) || !isIntegerBetween(namesEnd, 0, memoryNamesBytes)) {
    return 'refused'
  }
  const metrics = metricsIn(read, namesEnd)
  return metrics
    ? { source: { role: 'worker', pid, startSeconds, forkNumber }, metrics }
    : 'refused'
}

function metricsIn(read: ReadBytes, namesEnd: number): Metric[] | undefined {
  const texts = nameTexts(read(memoryNamesAt, namesEnd))
  const names = parseNames(texts, new Slots(memoryPages))
  return names && metricsOf(names, pagesOf(names, read))?.filter(hasCount)
}

/**
 * One name at a time: the bytes of a hostile worker can have a million empty names. Names that do
 * not fill the bytes end with an empty text, which `parseNames` refuses.
 */
function* nameTexts(bytes: Uint8Array): Iterable<Uint8Array> {
  const lengths = new DataView(bytes.buffer)
  let at = 0
  while (at < bytes.length) {
    const from = at + nameLengthBytes
    const length = from <= bytes.length ? lengths.getUint32(at, true) : 0
    const isWhole = length <= crashFileLimits.crashNameBytes && from + length <= bytes.length
    yield isWhole ? bytes.subarray(from, from + length) : bytes.subarray(0, 0)
    at = from + length
  }
}

/** The numbers of each page that has a name. */
function pagesOf(names: readonly CrashFileName[], read: ReadBytes): Float64Array[] {
  const last = names.at(-1)
  const pages = last ? (last.slot >>> 8) + 1 : 0
  const { buffer } = read(valuesAt, pages * pageStride * 8)
  return Array.from(
    { length: pages },
    (_, page) => new Float64Array(buffer, page * pageStride * 8, slotsPerPage),
  )
}

/** The worker can have died between the name and the first count. */
function hasCount({ points: [point] }: Metric): boolean {
  const value = point?.value
  return (typeof value === 'object' ? value.count : value) !== 0
}
