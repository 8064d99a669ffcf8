import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { shareLimits } from '../../limits/share.ts'
import { stateLimits } from '../../limits/state.ts'
import type { Metric } from '../../model/metric.ts'
import { isListOf, isRecord } from '../../support/guards.ts'
import { type EncodedMetric, encodeMetric, parseMetric } from './encoded-metric.ts'
import { leastJsonChars, sizeOf } from './peer-size.ts'

/** The state that one process writes for the others: all metrics of a cluster at one moment. */
export interface PeerState {
  /** Unique to the process. A successor with the same name has another incarnation. */
  readonly incarnation: string
  /** The `instance` label of the series. */
  readonly instance: string
  readonly service: string
  /**
   * Incarnations whose totals the state includes, the latest first; at most
   * shareLimits.predecessors.
   */
  readonly predecessors: readonly string[]
  /** Counts the written states of the incarnation. */
  readonly sequence: number
  /** Unix milliseconds, by the clock of the process. */
  readonly startedAt: number
  /** Unix milliseconds, by the clock of the process. */
  readonly writtenAt: number
  readonly intervalMs: number
  /** Whether the state is final. */
  readonly hasEnded: boolean
  readonly metrics: readonly Metric[]
  readonly retained: readonly Retained[]
}

/** Series of an earlier process's workers. */
export interface Retained {
  /** When the series disappear, Unix milliseconds. */
  readonly until: number
  readonly metrics: readonly Metric[]
}

/** Why a value is rejected. */
export type RejectReason = 'format' | 'version' | 'size' | 'digest' | 'content'

type Encoded = Omit<PeerState, 'metrics' | 'retained'> & {
  readonly metrics: readonly EncodedMetric[]
  readonly retained: readonly {
    readonly until: number
    readonly metrics: readonly EncodedMetric[]
  }[]
}

/**
 * Format: a line with version, encoding and the digest of the body; then the body as JSON,
 * compressed above shareLimits.compressionBytes. Change the format only together with the version.
 */
const magic = 'gunicorn-prometheus-exporter'
const version = 1

interface EncodeLimits {
  /** Default: shareLimits.peerStateBytes. */
  readonly bytes?: number
  /** Default: shareLimits.peerStatePlainBytes. */
  readonly plainBytes?: number
}

/** @throws where the state is larger than a limit. */
export function encodePeerState(state: PeerState, limits: EncodeLimits = {}): Buffer {
  const { bytes = shareLimits.peerStateBytes, plainBytes = shareLimits.peerStatePlainBytes } =
    limits
  const least = leastJsonChars(state)
  if (least > plainBytes) throw tooLarge(`${least} bytes or more`)
  const encoded: Encoded = {
    ...state,
    metrics: state.metrics.map(encodeMetric),
    retained: state.retained.map(({ until, metrics }) => ({
      until,
      metrics: metrics.map(encodeMetric),
    })),
  }
  const plain = Buffer.from(JSON.stringify(encoded))
  const isZipped = plain.length > shareLimits.compressionBytes
  // Level 1, in this thread, like the page.
  const body = isZipped ? gzipSync(plain, { level: 1 }) : plain
  const head = `${magic}/${version} ${isZipped ? 'gzip' : 'json'} ${digestOf(body)}\n`
  if (plain.length > plainBytes || head.length + body.length > bytes) {
    throw tooLarge(`${plain.length} bytes`)
  }
  return Buffer.concat([Buffer.from(head), body])
}

function tooLarge(size: string): Error {
  return new Error(`the metrics are too large for Redis (${size})`)
}

/**
 * @param bytes any value of a key or content of a file.
 * @param earlier state of the same writer, whose attributes stay where they are equal.
 */
export function parsePeerState(
  bytes: unknown,
  earlier?: Pick<PeerState, 'metrics' | 'retained'>,
): PeerState | RejectReason {
  if (!Buffer.isBuffer(bytes)) return 'format'
  if (bytes.length > shareLimits.peerStateBytes) return 'size'
  const end = bytes.subarray(0, maxHead).indexOf(10)
  const head = /^([\w-]+)\/(\d{1,9}) (json|gzip) ([\w-]{43})$/.exec(
    bytes.toString('latin1', 0, Math.max(end, 0)),
  )
  if (head?.[1] !== magic) return 'format'
  if (head[2] !== String(version)) return 'version'
  const body = bytes.subarray(end + 1)
  if (digestOf(body) !== head[4]) return 'digest'
  try {
    const state = parseState(JSON.parse(plainOf(body, head[3] === 'gzip')), earlier)
    if (!state) return 'content'
    return sizeOf(state).pageChars > shareLimits.sharedPageChars ? 'size' : state
  } catch {
    return 'content'
  }
}

const maxHead = 200

function digestOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('base64url')
}

/** @throws where the body is no gzip data, or larger than shareLimits.peerStatePlainBytes. */
function plainOf(body: Buffer, isZipped: boolean): string {
  if (!isZipped) return body.toString()
  return gunzipSync(body, { maxOutputLength: shareLimits.peerStatePlainBytes }).toString()
}

type Earlier = Pick<PeerState, 'metrics' | 'retained'> | undefined

function parseState(value: unknown, earlier: Earlier): PeerState | undefined {
  if (!isRecord(value)) return undefined
  const { incarnation, instance, service, predecessors, hasEnded } = value
  if (!isIncarnation(incarnation) || !isName(instance) || !isName(service)) return undefined
  // A process among its own predecessors would hide itself.
  if (!isLineage(predecessors) || predecessors.includes(incarnation)) return undefined
  const numbers = timesOf(value)
  const metrics = metricsOf(value['metrics'], earlier?.metrics)
  const retained = retainedOf(value['retained'], earlier?.retained)
  if (!numbers || !metrics || !retained || typeof hasEnded !== 'boolean') return undefined
  return {
    incarnation,
    instance,
    service,
    predecessors,
    hasEnded,
    ...numbers,
    metrics,
    retained,
  }
}

type Times = Pick<PeerState, 'sequence' | 'startedAt' | 'writtenAt' | 'intervalMs'>

function timesOf({
  sequence,
  startedAt,
  writtenAt,
  intervalMs,
}: Record<string, unknown>): Times | undefined {
  if (!isTime(sequence) || !isTime(startedAt) || !isTime(writtenAt) || !isTime(intervalMs))
    return undefined
  return { sequence, startedAt, writtenAt, intervalMs }
}

function metricsOf(value: unknown, earlier?: readonly Metric[]): Metric[] | undefined {
  if (!Array.isArray(value) || value.length > stateLimits.metrics) return undefined
  const byName = new Map<unknown, Metric>(
    earlier?.map((metric) => [metric.descriptor.name, metric]),
  )
  const metrics = value.map((each: unknown) => parseMetric(each, byName.get(nameIn(each))))
  return metrics.every((metric) => metric !== undefined) ? metrics : undefined
}

/** The name in the descriptor of an encoded metric, if any. */
function nameIn(encoded: unknown): unknown {
  const descriptor: unknown = Array.isArray(encoded) ? encoded[0] : undefined
  return isRecord(descriptor) ? descriptor['name'] : undefined
}

function retainedOf(value: unknown, earlier?: readonly Retained[]): Retained[] | undefined {
  if (!isListOf(value, isRecord)) return undefined
  const groups = value as Record<string, unknown>[]
  if (groups.length > shareLimits.retainedProcesses) return undefined
  const parsed = groups.map(({ until, metrics: encoded }, index) => {
    const metrics = metricsOf(encoded, earlier?.[index]?.metrics)
    return isTime(until) && metrics ? { until, metrics } : undefined
  })
  return parsed.every((group) => group !== undefined) ? parsed : undefined
}

/** A random UUID. */
export function isIncarnation(value: unknown): value is string {
  return typeof value === 'string' && /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/.test(value)
}

/** A list of predecessors. */
export function isLineage(value: unknown): value is readonly string[] {
  return (
    Array.isArray(value) && value.length <= shareLimits.predecessors && value.every(isIncarnation)
  )
}

/** Name of an instance or a service. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxName
}

const maxName = 500

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
