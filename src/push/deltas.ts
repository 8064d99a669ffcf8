import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../limits/push.ts'
import { attributeKey } from '../model/attribute-key.ts'
import { subtractExponential } from '../model/exponential.ts'
import { ownScope } from '../model/own-scope.ts'
import { readExponential } from '../otel/from-otel.ts'
import { exponentialOf } from '../otel/to-otel.ts'

/** OTel's temporality preferences, of OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. */
export type Temporality = 'cumulative' | 'delta' | 'lowmemory'

type Value = number | Histogram | ExponentialHistogram
type AnyPoint = DataPoint<Value>
type HrTime = AnyPoint['endTime']

/** What the other side has of a series. */
interface Taken {
  readonly value: Value
  readonly at: HrTime
}

interface Series {
  readonly metric: string
  readonly key: string
  readonly point: AnyPoint
}

/** A request, and what to call when the other side took it. */
export interface Delta {
  readonly scopes: readonly ScopeMetrics[]
  readonly commit: () => void
}

export interface DeltasOptions {
  readonly temporality: Exclude<Temporality, 'cumulative'>
  /**
   * Unix seconds. Of series that began no later the other side has something, nobody knows how much: so it is
   * after a crash of the exporter thread. They count from where they are found, which counts nothing twice, for as
   * long as it takes all workers to say everything again: what appears after that is new.
   */
  readonly takenBefore: number | undefined
}

/**
 * Turns cumulative sums into what was added since the other side last took something. What it has not
 * taken is part of the next delta: a failed push loses nothing. Bounded by the series of the ledger.
 */
export class Deltas {
  readonly #options: DeltasOptions
  /** By metric, then by attributes. */
  #taken = new Map<string, Map<string, Taken>>()
  /** Unix seconds of what was seen first. */
  #firstAt: number | undefined
  /** The ledger's points come back with the same attribute objects: no key is built for them again. */
  readonly #keys = new WeakMap<object, string>()

  constructor(options: DeltasOptions) {
    this.#options = options
  }

  /** Forgets the series that are gone. @param scopes everything that there is now, cumulative. */
  retain(scopes: readonly ScopeMetrics[]): void {
    const before = this.#taken
    this.#taken = new Map()
    for (const { metric, key, point } of this.#series(scopes)) {
      const taken = before.get(metric)?.get(key) ?? this.#takenBefore(point)
      if (taken) this.#of(metric).set(key, taken)
    }
  }

  /** @param scopes cumulative; all of them, or a part. */
  convert(scopes: readonly ScopeMetrics[]): Delta {
    const converted = scopes.map(({ scope, metrics }) => ({
      scope,
      metrics: metrics
        .map((metric) => (this.#isDelta(scope, metric) ? this.#subtract(scope, metric) : metric))
        .filter(({ dataPoints }) => dataPoints.length > 0),
    }))
    return {
      scopes: converted.filter(({ metrics }) => metrics.length > 0),
      commit: () => {
        for (const { metric, key, point } of this.#series(scopes)) {
          this.#of(metric).set(key, { value: point.value, at: point.endTime })
        }
      },
    }
  }

  *#series(scopes: readonly ScopeMetrics[]): Iterable<Series> {
    for (const { scope, metrics } of scopes) {
      for (const data of metrics) {
        if (!this.#isDelta(scope, data)) continue
        const metric = nameOf(scope, data)
        for (const point of data.dataPoints as AnyPoint[]) {
          yield { metric, key: this.#keyOf(point), point }
        }
      }
    }
  }

  #of(metric: string): Map<string, Taken> {
    const known = this.#taken.get(metric) ?? new Map<string, Taken>()
    this.#taken.set(metric, known)
    return known
  }

  #keyOf({ attributes }: AnyPoint): string {
    const key = this.#keys.get(attributes) ?? attributeKey(attributes)
    this.#keys.set(attributes, key)
    return key
  }

  #isDelta({ name }: ScopeMetrics['scope'], metric: MetricData): boolean {
    const type = metric.dataPointType as number
    if (type === types.histogram || type === types.exponentialHistogram) return true
    if (type !== types.sum) return false
    // By OTel `lowmemory` leaves observable counters cumulative: ours are such, and the application's crossed
    // the relay without telling which they were.
    const isLeft = this.#options.temporality === 'lowmemory' && name === ownScope
    return (metric as { isMonotonic?: boolean }).isMonotonic === true && !isLeft
  }

  #subtract(scope: ScopeMetrics['scope'], metric: MetricData): MetricData {
    const known = this.#of(nameOf(scope, metric))
    const points = metric.dataPoints as AnyPoint[]
    const dataPoints = points.flatMap((point) => {
      const taken = known.get(this.#keyOf(point))
      return taken ? since(taken, point) : point
    })
    return { ...metric, aggregationTemporality: delta, dataPoints } as MetricData
  }

  #takenBefore({ startTime, endTime: at, value }: AnyPoint): Taken | undefined {
    const { takenBefore } = this.#options
    if (takenBefore === undefined || startTime[0] > takenBefore) return undefined
    this.#firstAt ??= at[0]
    return at[0] - this.#firstAt <= pushLimits.refillSeconds ? { value, at } : undefined
  }
}

// OTel's enums by number, equal in the 2.x and 3.x lines.
const delta = 0
const types = { histogram: 0, exponentialHistogram: 1, sum: 3 } as const

/** Nothing where nothing was added; everything where the series began anew. */
function since({ value: before, at }: Taken, point: AnyPoint): AnyPoint[] {
  const { value } = point
  if (countOf(value) === countOf(before) && sumOf(value) === sumOf(before)) return []
  if (countOf(value) < countOf(before)) return [point]
  return [{ ...point, startTime: at, value: difference(value, before) }]
}

function difference(value: Value, before: Value): Value {
  if (typeof value === 'number') return value - (before as number)
  if ('scale' in value) {
    const earlier = readExponential(before as ExponentialHistogram)
    return exponentialOf(subtractExponential(readExponential(value), earlier))
  }
  const { count, sum, buckets } = before as Histogram
  return {
    count: value.count - count,
    sum: (value.sum ?? 0) - (sum ?? 0),
    buckets: {
      boundaries: value.buckets.boundaries,
      counts: value.buckets.counts.map((each, index) => each - (buckets.counts[index] ?? 0)),
    },
  }
}

function countOf(value: Value): number {
  return typeof value === 'number' ? value : value.count
}

function sumOf(value: Value): number {
  return typeof value === 'number' ? value : (value.sum ?? 0)
}

function nameOf({ name, version }: ScopeMetrics['scope'], { descriptor }: MetricData): string {
  return JSON.stringify([name, version, descriptor.name, descriptor.unit])
}
