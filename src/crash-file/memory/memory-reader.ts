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
  const names = texts && parseNames(texts, new Slots(memoryPages))
  return names && metricsOf(names, pagesOf(names, read))?.filter(hasCount)
}

/** Undefined if the names do not fill the bytes. */
function nameTexts(bytes: Uint8Array): Uint8Array[] | undefined {
  const texts: Uint8Array[] = []
  const lengths = new DataView(bytes.buffer)
  let at = 0
  while (at + nameLengthBytes <= bytes.length) {
    const from = at + nameLengthBytes
    const length = lengths.getUint32(at, true)
    if (length > crashFileLimits.crashNameBytes || from + length > bytes.length) return undefined
    texts.push(bytes.subarray(from, from + length))
    at = from + length
  }
  return at === bytes.length ? texts : undefined
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
