import { Buffer } from 'node:buffer'
import { relayLimits } from '../limits/relay.ts'
import type { UncaughtError } from '../model/death.ts'
import type { Attributes, Descriptor } from '../model/metric.ts'
import { isListOf, isNaturalNumber, isPrimitive, isRecord } from '../support/guards.ts'
import { isDescriptor, plainDescriptor } from './descriptor-guard.ts'
import { ValueReader } from './values/value-reader.ts'

/** The reporting process: a cluster worker, a process without a cluster, or a primary. */
export interface Source {
  readonly role: 'worker' | 'single' | 'primary'
  /** Number of the fork in the primary, from 1. A primary has 0. */
  readonly forkNumber: number
  /** Unix second of the start of the process. */
  readonly startSeconds: number
  readonly pid: number
  /** Start of the process in the kernel's clock ticks. Absent where the system shows none. */
  readonly startTicks?: string
  /** The application also exports its metrics with an OpenTelemetry SDK of its own. */
  readonly hasOwnSdk?: true
  /** Why this worker does not use the memory of its primary: half a sentence. */
  readonly memoryRefusal?: string
}

/** Number, on the way to the exporter thread, of the process that the thread belongs to. */
export const ownForkNumber = 0

/**
 * The message of the relay. As a text, the message is JSON with the values in base64. Change the
 * format only together with `reportVersion`.
 *
 * A report with sequence 0 contains all values and the source. The receiver discards earlier
 * values of the source. Later reports contain the changes. A report announces each new
 * metric and series once. Later reports refer to them by number.
 */
export interface Report {
  readonly version: typeof reportVersion
  readonly sequence: number
  readonly source?: Source
  readonly metrics: readonly (readonly [metric: number, descriptor: Descriptor])[]
  readonly series: readonly (readonly [series: number, metric: number, attributes: Attributes])[]
  /** See `ValueWriter`. */
  readonly values: Buffer
  /** In a last report: the uncaught error that ends the process. */
  readonly error?: UncaughtError
}

export const reportVersion = 2

/** In place of a report that a process could not make: the process does not hang. */
export const failedReport = 'failed'

export function encodeReport(report: Report): string {
  return JSON.stringify({ ...report, values: report.values.toString('base64') })
}

/** Returns undefined for any text but a valid report of the current version. Never throws. */
export function parseReport(
  text: unknown,
  reportChars: number = relayLimits.reportChars,
): Report | undefined {
  if (typeof text !== 'string' || text.length > reportChars) return undefined
  try {
    const report: unknown = JSON.parse(text)
    return isEncodedReport(report) ? decoded(report) : undefined
  } catch {
    return undefined
  }
}

/** A report as JSON carries the report. */
type EncodedReport = Omit<Report, 'values'> & { readonly values: string }

/**
 * The parts of this version. Other parts of a report can be deeper than a writer of JSON can
 * follow, and descriptors, sources and errors live on.
 */
function decoded({ version, sequence, source, error, ...more }: EncodedReport): Report | undefined {
  const { metrics, series } = more
  const values = Buffer.from(more.values, 'base64')
  // A source writes each of its series once. The aggregator has more work for a value than its
  // bytes show.
  if (!new ValueReader(values).isValid(relayLimits.seriesPerSource)) return undefined
  return {
    version,
    sequence,
    ...(source && { source: plainSource(source) }),
    metrics: metrics.map(([number, descriptor]) => [number, plainDescriptor(descriptor)]),
    series,
    values,
    ...(error && { error: plainError(error) }),
  }
}

function plainSource({ startTicks, hasOwnSdk, memoryRefusal, ...source }: Source): Source {
  const { role, forkNumber, startSeconds, pid } = source
  return {
    role,
    forkNumber,
    startSeconds,
    pid,
    ...(startTicks !== undefined && { startTicks }),
    ...(hasOwnSdk && { hasOwnSdk }),
    ...(memoryRefusal !== undefined && { memoryRefusal }),
  }
}

function plainError({ name, message, stack }: UncaughtError): UncaughtError {
  return { name, message, stack }
}

function isEncodedReport(value: unknown): value is EncodedReport {
  if (!isRecord(value) || value['version'] !== reportVersion) return false
  return (
    isNaturalNumber(value['sequence']) &&
    (value['sequence'] !== 0 && value['source'] === undefined ? true : isSource(value['source'])) &&
    isListOf(value['metrics'], isMetricEntry) &&
    isListOf(value['series'], isSeriesEntry) &&
    typeof value['values'] === 'string' &&
    (value['error'] === undefined || isUncaughtError(value['error']))
  )
}

function isUncaughtError(value: unknown): value is UncaughtError {
  if (!isRecord(value)) return false
  const { name, message, stack } = value
  return [name, message ?? '', stack].every(isErrorText) && message !== undefined
}

function isErrorText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= relayLimits.errorChars
}

const roles = new Set<unknown>(['worker', 'single', 'primary'])

function isSource(value: unknown): value is Source {
  return (
    isRecord(value) &&
    roles.has(value['role']) &&
    isNaturalNumber(value['forkNumber']) &&
    isNaturalNumber(value['startSeconds']) &&
    isNaturalNumber(value['pid']) &&
    (value['startTicks'] === undefined || isTicks(value['startTicks'])) &&
    (value['hasOwnSdk'] === undefined || value['hasOwnSdk'] === true) &&
    (value['memoryRefusal'] === undefined || isErrorText(value['memoryRefusal']))
  )
}

function isTicks(value: unknown): boolean {
  return typeof value === 'string' && /^\d{1,20}$/.test(value)
}

function isMetricEntry(value: unknown): boolean {
  return Array.isArray(value) && isNaturalNumber(value[0]) && isDescriptor(value[1])
}

function isSeriesEntry(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    isNaturalNumber(value[0]) &&
    isNaturalNumber(value[1]) &&
    isAttributes(value[2])
  )
}

/** Accepts flat attributes only. Deeply nested values would overflow the stack of the reader. */
export function isAttributes(value: unknown): boolean {
  if (!isRecord(value)) return false
  return Object.values(value).every((item) =>
    Array.isArray(item) ? item.every(isPrimitive) : isPrimitive(item),
  )
}
