import type { MetricData, ScopeMetrics } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../limits/push.ts'
import { attributeKey } from '../model/attribute-key.ts'
import { ownScope } from '../model/own-scope.ts'
import { type Accepted, type AnyPoint, increase, isIncrease } from './increase.ts'

/** OTel's temporality preferences, of OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE. */
export type Temporality = 'cumulative' | 'delta' | 'lowmemory'

/** Instruments whose values can be deltas. Gauges and up-down counters are always cumulative. */
export type DeltaInstrument = 'counter' | 'observableCounter' | 'histogram'

/** The instruments that each preference of OTel turns into deltas. */
export const deltaInstruments: Readonly<
  Record<Exclude<Temporality, 'cumulative'>, ReadonlySet<DeltaInstrument>>
> = {
  delta: new Set(['counter', 'observableCounter', 'histogram']),
  lowmemory: new Set(['counter', 'histogram']),
}

interface Series {
  readonly metric: string
  readonly key: string
  readonly point: AnyPoint
}

/** Data of a request. Call `commit` once the receiver has accepted the data. */
export interface Delta {
  readonly scopes: readonly ScopeMetrics[]
  readonly commit: () => void
}

export interface DeltasOptions {
  /** The relay carries no instruments: all counters of the application count as `counter`. */
  readonly instruments: ReadonlySet<DeltaInstrument>
  /**
   * Unix seconds. After a crash of the exporter thread, the receiver has an unknown part of each
   * series from before this time. The series count from the value of the first push, so that
   * nothing counts twice. Workers report all totals again within `refillSeconds`. Later series are
   * new.
   */
  readonly takenBefore: number | undefined
}

/**
 * Turns cumulative sums into the increase since the last accepted push. After a failed push, the
 * next delta includes the same increase, so that nothing is lost. Bounded by the series of the
 * aggregator.
 */
export class Deltas {
  readonly #options: DeltasOptions
  /** By metric, then by attributes. */
  #accepted = new Map<string, Map<string, Accepted>>()
  /** Unix seconds of the first push. */
  #firstAt: number | undefined
  /** Keys by attributes object: the aggregator returns the same object at each push. */
  readonly #keys = new WeakMap<object, string>()

  constructor(options: DeltasOptions) {
    this.#options = options
  }

  /** Forgets ended series. @param scopes all current metrics, cumulative. */
  retain(scopes: readonly ScopeMetrics[]): void {
    const before = this.#accepted
    this.#accepted = new Map()
    for (const { metric, key, point } of this.#series(scopes)) {
      const accepted = before.get(metric)?.get(key) ?? this.#acceptedBeforeCrash(point)
      if (accepted) this.#of(metric).set(key, accepted)
    }
  }

  /** @param scopes all metrics, or a part, cumulative. */
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
          const known = this.#of(metric)
          // The next delta begins where the last delta ended: some receivers refuse a gap.
          if (isIncrease(known.get(key), point)) {
            known.set(key, { value: point.value, at: point.endTime })
          }
        }
      },
    }
  }

  *#series(scopes: readonly ScopeMetrics[]): Iterable<Series> {
    for (const { scope, metrics } of scopes) {
      for (const data of metrics) {
        if (!this.#isDelta(scope, data)) continue
        const metric = streamKey(scope, data)
        for (const point of data.dataPoints as AnyPoint[]) {
          yield { metric, key: this.#keyOf(point), point }
        }
      }
    }
  }

  #of(metric: string): Map<string, Accepted> {
    const known = this.#accepted.get(metric) ?? new Map<string, Accepted>()
    this.#accepted.set(metric, known)
    return known
  }

  #keyOf({ attributes }: AnyPoint): string {
    const key = this.#keys.get(attributes) ?? attributeKey(attributes)
    this.#keys.set(attributes, key)
    return key
  }

  #isDelta({ name }: ScopeMetrics['scope'], metric: MetricData): boolean {
    const { instruments } = this.#options
    const type = metric.dataPointType as number
    if (type === types.histogram || type === types.exponentialHistogram) {
      return instruments.has('histogram')
    }
    if (type !== types.sum || (metric as { isMonotonic?: boolean }).isMonotonic !== true)
      return false
    return instruments.has(name === ownScope ? 'observableCounter' : 'counter')
  }

  #subtract(scope: ScopeMetrics['scope'], metric: MetricData): MetricData {
    const known = this.#of(streamKey(scope, metric))
    const points = metric.dataPoints as AnyPoint[]
    const dataPoints = points.flatMap((point) => {
      const accepted = known.get(this.#keyOf(point))
      return accepted ? increase(accepted, point) : point
    })
    return { ...metric, aggregationTemporality: delta, dataPoints } as MetricData
  }

  #acceptedBeforeCrash({ startTime, endTime: at, value }: AnyPoint): Accepted | undefined {
    const { takenBefore } = this.#options
    if (takenBefore === undefined || startTime[0] > takenBefore) return undefined
    this.#firstAt ??= at[0]
    return at[0] - this.#firstAt <= pushLimits.refillSeconds ? { value, at } : undefined
  }
}

// OTel's enums by number, equal in the 2.x and 3.x lines.
const delta = 0
const types = { histogram: 0, exponentialHistogram: 1, sum: 3 } as const

/** Different for metrics that OTLP carries apart, such as histograms with different buckets. */
export function streamKey(
  { name, version, schemaUrl }: ScopeMetrics['scope'],
  { descriptor, dataPointType, dataPoints }: MetricData,
): string {
  const value = (dataPoints as AnyPoint[])[0]?.value
  const bounds = typeof value === 'object' && 'buckets' in value ? value.buckets.boundaries : []
  const metric = [descriptor.name, descriptor.unit, dataPointType, bounds]
  return JSON.stringify([name, version, schemaUrl, ...metric])
}
