import { attributeKey } from '../model/attribute-key.ts'
import type { UncaughtError } from '../model/death.ts'
import type { Attributes, Descriptor, Metric, Value } from '../model/metric.ts'
import { isPrimitive } from '../support/guards.ts'
import {
  type EncodedValue,
  encodeValue,
  type Report,
  reportVersion,
  type Source,
} from './report.ts'

interface KnownSeries {
  readonly number: number
  last: Value | undefined
}

interface KnownMetric {
  readonly number: number
  readonly series: Map<string, KnownSeries>
  /** Points have the same attribute objects each second. Saves building a key for each point. */
  readonly byIdentity: WeakMap<Attributes, KnownSeries>
}

/** Parts of a report beside the metrics. */
export interface ReportExtras {
  /** The uncaught error that ends the process; always makes a report. */
  readonly error?: UncaughtError | undefined
  /** Makes a report without changes, too. Default: false. */
  readonly isSentEmpty?: boolean | undefined
}

interface Draft {
  readonly metrics: [number, Descriptor][]
  readonly series: [number, number, Attributes][]
  readonly values: [number, EncodedValue][]
}

/** Builds reports with the changes since the previous report. */
export class ReportBuilder {
  readonly #seriesLimit: number
  #known = new Map<string, KnownMetric>()
  #seriesCount = 0
  #sequence = 0
  /** Series that reports left out because the source reached its limit. */
  dropped = 0

  constructor(seriesLimit: number) {
    this.#seriesLimit = seriesLimit
  }

  /** The next report contains all values. */
  resetBaseline(): void {
    this.#known = new Map()
    this.#seriesCount = 0
    this.#sequence = 0
  }

  /**
   * Returns undefined if nothing changed since the previous report.
   */
  next(metrics: readonly Metric[], source: Source, extras: ReportExtras = {}): Report | undefined {
    const { error, isSentEmpty = false } = extras
    const draft: Draft = { metrics: [], series: [], values: [] }
    for (const metric of metrics) this.#compare(metric, draft)
    const isEmpty = draft.values.length === 0 && !error
    if (this.#sequence > 0 && isEmpty && !isSentEmpty) return undefined
    const sequence = this.#sequence
    this.#sequence += 1
    const head =
      sequence === 0
        ? { version: reportVersion, sequence, source }
        : { version: reportVersion, sequence }
    return { ...head, ...draft, ...(error && { error }) } as Report
  }

  #compare({ descriptor, points }: Metric, draft: Draft): void {
    if (points.length === 0) return
    const metric = this.#metric(descriptor, draft)
    for (const { attributes, value } of points) {
      const series = this.#series(metric, attributes, draft)
      if (!series || !hasChanged(series.last, value)) continue
      series.last = value
      draft.values.push([series.number, encodeValue(value)])
    }
  }

  #metric(descriptor: Descriptor, draft: Draft): KnownMetric {
    const { name, kind, scope, unit } = descriptor
    // OpenTelemetry allows two instruments with different units and the same name.
    const key = `${kind} ${name} ${scope} ${unit}`
    const known = this.#known.get(key)
    if (known) return known
    const metric = { number: this.#known.size, series: new Map(), byIdentity: new WeakMap() }
    this.#known.set(key, metric)
    draft.metrics.push([metric.number, descriptor])
    return metric
  }

  #series(metric: KnownMetric, attributes: Attributes, draft: Draft): KnownSeries | undefined {
    const seen = metric.byIdentity.get(attributes)
    if (seen) return seen
    const key = attributeKey(attributes)
    const series = metric.series.get(key) ?? this.#announce(metric, { key, attributes }, draft)
    if (series) metric.byIdentity.set(attributes, series)
    return series
  }

  #announce(
    metric: KnownMetric,
    { key, attributes }: { key: string; attributes: Attributes },
    draft: Draft,
  ): KnownSeries | undefined {
    if (this.#seriesCount >= this.#seriesLimit) {
      this.dropped += 1
      return undefined
    }
    const series = { number: this.#seriesCount, last: undefined }
    this.#seriesCount += 1
    metric.series.set(key, series)
    draft.series.push([series.number, metric.number, flat(attributes)])
    return series
  }
}

/** Replaces nested attribute values by JSON. Only a program without types can set nested values. */
function flat(attributes: Attributes): Attributes {
  const entries = Object.entries(attributes)
  if (entries.every(([, value]) => isFlat(value))) return attributes
  return Object.fromEntries(
    entries.map(([name, value]) => [name, isFlat(value) ? value : JSON.stringify(value)]),
  )
}

function isFlat(value: unknown): boolean {
  return Array.isArray(value) ? value.every(isPrimitive) : isPrimitive(value)
}

function hasChanged(last: Value | undefined, value: Value): boolean {
  if (typeof last !== 'object' || typeof value !== 'object') return !Object.is(last, value)
  // A cumulative histogram with the same count and sum has no new recording.
  return last.count !== value.count || last.sum !== value.sum
}
