import type {
  DataPoint,
  ExponentialHistogram,
  Histogram,
  MetricData,
  ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { attributeKey } from '../model/attribute-key.ts'
import { ownScope } from '../model/catalog.ts'
import { subtractExponential } from '../model/exponential.ts'
import { readExponential } from '../relay/otel-data.ts'
import { exponentialOf } from '../relay/to-otel.ts'

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

/** A request, and what to call when the other side took it. */
export interface Delta {
  readonly scopes: readonly ScopeMetrics[]
  readonly commit: () => void
}

export interface DeltasOptions {
  readonly temporality: Exclude<Temporality, 'cumulative'>
  /**
   * Unix seconds. Of series that began no later the other side has something, nobody knows how much: so it is
   * after a crash of the exporter thread. They count from where they are found, which counts nothing twice.
   */
  readonly takenBefore: number | undefined
}

/**
 * Turns cumulative sums into what was added since the other side last took something. What it has not
 * taken is part of the next delta: a failed push loses nothing. Bounded by the series of the ledger.
 */
export class Deltas {
  readonly #options: DeltasOptions
  #taken = new Map<string, Taken>()

  constructor(options: DeltasOptions) {
    this.#options = options
  }

  /** Forgets the series that are gone. @param scopes everything that there is now, cumulative. */
  retain(scopes: readonly ScopeMetrics[]): void {
    const kept = new Map<string, Taken>()
    for (const [key, point] of this.#series(scopes)) {
      const taken = this.#taken.get(key) ?? this.#takenBefore(point)
      if (taken) kept.set(key, taken)
    }
    this.#taken = kept
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
        for (const [key, { value, endTime: at }] of this.#series(scopes)) {
          this.#taken.set(key, { value, at })
        }
      },
    }
  }

  *#series(scopes: readonly ScopeMetrics[]): Iterable<[key: string, point: AnyPoint]> {
    for (const { scope, metrics } of scopes) {
      for (const metric of metrics) {
        if (!this.#isDelta(scope, metric)) continue
        const prefix = prefixOf(scope, metric)
        for (const point of metric.dataPoints as AnyPoint[]) yield [keyOf(prefix, point), point]
      }
    }
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
    const prefix = prefixOf(scope, metric)
    const points = metric.dataPoints as AnyPoint[]
    const dataPoints = points.flatMap((point) => {
      const taken = this.#taken.get(keyOf(prefix, point))
      return taken ? since(taken, point) : point
    })
    return { ...metric, aggregationTemporality: delta, dataPoints } as MetricData
  }

  #takenBefore({ startTime, endTime: at, value }: AnyPoint): Taken | undefined {
    const { takenBefore } = this.#options
    return takenBefore !== undefined && startTime[0] <= takenBefore ? { value, at } : undefined
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

function prefixOf({ name, version }: ScopeMetrics['scope'], { descriptor }: MetricData): string {
  return JSON.stringify([name, version, descriptor.name, descriptor.unit])
}

function keyOf(prefix: string, { attributes }: AnyPoint): string {
  return prefix + attributeKey(attributes)
}
