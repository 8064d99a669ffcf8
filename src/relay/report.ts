import { relayLimits } from '../limits/relay.ts'
import type { Attributes, Descriptor, HistogramValue, MetricKind, Value } from '../model/metric.ts'
import { isAscending, isListOf, isPrimitive, isRecord } from '../support/guards.ts'
import { encodeExponential } from './encoded-exponential.ts'
import { decodeNumber, encodeNumber, isEncodedNumber } from './encoded-number.ts'

/** Who reports: a cluster worker, a process alone, or a primary. */
export interface Source {
  readonly role: 'worker' | 'single' | 'primary'
  /** Forks counted from 1 in its primary; 0 for a primary. */
  readonly forkNumber: number
  /** Unix second in which the process started. */
  readonly startSeconds: number
  readonly pid: number
  /** The application exports what it measures there by an SDK of its own, too. */
  readonly hasOwnSdk?: true
}

/** A histogram as `[count, sum, ...counts]`, an exponential one as `encodeExponential` says. */
export type EncodedValue = number | string | readonly (number | string)[]

/**
 * What crosses the relay, as JSON text. Change it only together with `reportVersion`.
 *
 * A report with sequence 0 holds everything and says who reports; the ledger forgets what it had from
 * that source. Later ones hold what changed: metrics and series are announced once and then go by number.
 */
export interface Report {
  readonly version: typeof reportVersion
  readonly sequence: number
  readonly source?: Source
  readonly metrics: readonly (readonly [metric: number, descriptor: Descriptor])[]
  readonly series: readonly (readonly [series: number, metric: number, attributes: Attributes])[]
  readonly values: readonly (readonly [series: number, value: EncodedValue])[]
}

export const reportVersion = 1

export function encodeReport(report: Report): string {
  return JSON.stringify(report)
}

/** Returns undefined for whatever is not a report of this version, the faults of a hostile one included. */
export function parseReport(text: unknown): Report | undefined {
  if (typeof text !== 'string' || text.length > relayLimits.reportChars) return undefined
  try {
    const report: unknown = JSON.parse(text)
    return isReport(report) ? report : undefined
  } catch {
    return undefined
  }
}

export function encodeValue(value: Value): EncodedValue {
  if (typeof value === 'number') return encodeNumber(value)
  if ('scale' in value) return encodeExponential(value)
  return [value.count, encodeNumber(value.sum), ...value.counts]
}

/** @param buckets how many counts the value must have. */
export function decodeHistogram(value: EncodedValue, buckets: number): HistogramValue | undefined {
  if (typeof value === 'number' || typeof value === 'string') return undefined
  const [count, encodedSum, ...counts] = value
  const sum = decodeNumber(encodedSum)
  if (!isCount(count) || sum === undefined) return undefined
  if (counts.length !== buckets || !counts.every(isCount)) return undefined
  return { count, sum, counts }
}

function isReport(value: unknown): value is Report {
  if (!isRecord(value) || value['version'] !== reportVersion) return false
  return (
    isIndex(value['sequence']) &&
    (value['sequence'] !== 0 && value['source'] === undefined ? true : isSource(value['source'])) &&
    isListOf(value['metrics'], isMetricEntry) &&
    isListOf(value['series'], isSeriesEntry) &&
    isListOf(value['values'], isValueEntry)
  )
}

const roles = new Set<unknown>(['worker', 'single', 'primary'])

function isSource(value: unknown): value is Source {
  return (
    isRecord(value) &&
    roles.has(value['role']) &&
    isIndex(value['forkNumber']) &&
    isIndex(value['startSeconds']) &&
    isIndex(value['pid']) &&
    (value['hasOwnSdk'] === undefined || value['hasOwnSdk'] === true)
  )
}

function isMetricEntry(value: unknown): boolean {
  return Array.isArray(value) && isIndex(value[0]) && isDescriptor(value[1])
}

const kinds = new Set<unknown>([
  'counter',
  'upDownCounter',
  'gauge',
  'histogram',
  'exponentialHistogram',
] satisfies MetricKind[])

/** Whether it is what points can be read with. */
export function isDescriptor(value: unknown): value is Descriptor {
  if (!isRecord(value) || !kinds.has(value['kind'])) return false
  const { bounds } = value
  const wellBounded = value['kind'] === 'histogram' ? isAscending(bounds) : bounds === undefined
  return wellBounded && ['name', 'unit', 'description', 'scope'].every((key) => isText(value[key]))
}

function isSeriesEntry(value: unknown): boolean {
  return Array.isArray(value) && isIndex(value[0]) && isIndex(value[1]) && isAttributes(value[2])
}

/** Flat ones only: what is nested without end would overflow the stack of whoever reads it. */
export function isAttributes(value: unknown): boolean {
  if (!isRecord(value)) return false
  return Object.values(value).every((item) =>
    Array.isArray(item) ? item.every(isPrimitive) : isPrimitive(item),
  )
}

function isValueEntry(value: unknown): boolean {
  if (!Array.isArray(value) || !isIndex(value[0])) return false
  const encoded: unknown = value[1]
  if (Array.isArray(encoded)) return encoded.every(isEncodedNumber)
  return isEncodedNumber(encoded)
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isCount(value: number | string | undefined): value is number {
  return Number.isFinite(value) && (value as number) >= 0
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}
