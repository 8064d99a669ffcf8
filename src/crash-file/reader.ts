import { numbersOf } from '../collect/counts/count-places.ts'
import { crashFileLimits } from '../limits/crash-file.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared } from '../model/catalog/declared.ts'
import type { HistogramValue, Metric, Value } from '../model/metric.ts'
import type { Source } from '../relay/report.ts'
import { isNaturalNumber } from '../support/guards.ts'
import {
  byteOrder,
  checksum,
  crashVersion,
  headBytes,
  headChecksumAt,
  headSeed,
  magic,
  namesAt,
  Slots,
} from './layout.ts'
import { type CrashFileName, nameTexts, parseNames } from './names.ts'
import { parsePages } from './pages.ts'

/** The counts of a worker when it wrote its crash file for the last time. */
export interface CrashCounts {
  readonly source: Source
  /** One metric for each series. */
  readonly metrics: readonly Metric[]
}

/** Returns undefined for a file of another version, and for a file that is damaged or forged. */
export function parseCrashFile(content: Uint8Array): CrashCounts | undefined {
  if (content.length < headBytes || content.length > crashFileLimits.crashFileBytes)
    return undefined
  // The copy is aligned for numbers, and contains all blocks.
  const bytes = new Uint8Array(Math.max(content.length, namesAt))
  bytes.set(content)
  const head = parseHead(bytes)
  if (!head) return undefined
  const { source, seed } = head
  const names = parseNames(nameTexts(bytes, seed), new Slots())
  const values = names && parsePages(bytes, names, seed)
  const metrics = values && metricsOf(names, values)
  return metrics && { source, metrics }
}

function parseHead(
  bytes: Uint8Array,
): { readonly source: Source; readonly seed: number } | undefined {
  const [first, version, order, seed = 0] = new Uint32Array(bytes.buffer, 0, 4)
  if (first !== magic || version !== crashVersion || order !== byteOrder) return undefined
  const [sum] = new Uint32Array(bytes.buffer, headChecksumAt, 1)
  if (sum !== checksum(bytes, headChecksumAt, headSeed)) return undefined
  const [pid, startSeconds, forkNumber] = new Float64Array(bytes.buffer, 16, 3)
  if (!isNaturalNumber(pid) || !isNaturalNumber(startSeconds)) return undefined
  if (!isNaturalNumber(forkNumber)) return undefined
  return { source: { role: 'worker', pid, startSeconds, forkNumber }, seed }
}

/**
 * @param pages the numbers of each page.
 * @returns undefined for numbers that are no counts.
 */
export function metricsOf(
  names: readonly CrashFileName[],
  pages: readonly Float64Array[],
): Metric[] | undefined {
  const metrics: Metric[] = []
  for (const name of names) {
    const first = name.slot & 255
    const slots = pages[name.slot >>> 8]?.subarray(first, first + numbersOf(name))
    // The worker died after it wrote the name, before it wrote the value.
    if (!slots || slots.length < numbersOf(name)) continue
    const value = name.bounds ? histogramOf(slots) : slots[0]
    if (!isPossible(value)) return undefined
    metrics.push(metricOf(name, value))
  }
  return metrics
}

function metricOf({ key, attributes, bounds }: CrashFileName, value: Value): Metric {
  const declaration = bounds ? { ...catalog[key], bounds } : catalog[key]
  return declared(declaration, [{ attributes, value }])
}

function histogramOf(slots: Float64Array): HistogramValue {
  const [sum = Number.NaN, ...counts] = slots
  return { count: counts.reduce((total, count) => total + count, 0), sum, counts }
}

function isPossible(value: number | HistogramValue | undefined): value is number | HistogramValue {
  if (typeof value !== 'object') return isNaturalNumber(value)
  const { sum, count, counts } = value
  return Number.isFinite(sum) && sum >= 0 && [count, ...counts].every(isNaturalNumber)
}
