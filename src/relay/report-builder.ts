import { attributeKey } from '../model/attribute-key.ts'
import type { UncaughtError } from '../model/death.ts'
import type { Attributes, Descriptor, Metric, Value } from '../model/metric.ts'
import { isPrimitive } from '../support/guards.ts'
import { type Report, reportVersion, type Source } from './report.ts'
import { ValueWriter } from './values/value-writer.ts'
import { type WrittenSeries, writeValue } from './values/write-value.ts'

interface KnownSeries extends WrittenSeries {
  last: Value | undefined
  /** The report that last had a value of the series. */
  round: number
  /** The next series with an equal key: attributes can differ in ways that JSON does not show. */
  twin: KnownSeries | undefined
}

interface KnownMetric {
  readonly number: number
  readonly series: Map<string, KnownSeries>
  /** Points have the same attribute objects each second. Saves building a key for each point. */
  readonly byIdentity: WeakMap<Attributes, KnownSeries>
  round: number
  /** The next metric with an equal descriptor: two meters of one name can have one instrument. */
  twin: KnownMetric | undefined
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
}

/** Builds reports with the changes since the previous report. */
export class ReportBuilder {
  readonly #seriesLimit: number
  #known = new Map<string, KnownMetric>()
  /** Metrics whose series all have numbers. The same object again has the same values. */
  #complete = new WeakMap<Metric, KnownMetric>()
  #metricCount = 0
  #seriesCount = 0
  #round = 0
  #sequence = 0
  readonly #values = new ValueWriter()
  /** Series that reports left out because the source reached its limit. */
  dropped = 0

  constructor(seriesLimit: number) {
    this.#seriesLimit = seriesLimit
  }

  /** The next report contains all values. */
  resetBaseline(): void {
    this.#known = new Map()
    this.#complete = new WeakMap()
    this.#metricCount = 0
    this.#seriesCount = 0
    this.#sequence = 0
  }

  /**
   * Returns undefined if nothing changed since the previous report.
   */
  next(metrics: readonly Metric[], source: Source, extras: ReportExtras = {}): Report | undefined {
    const { error, isSentEmpty = false } = extras
    this.#round += 1
    const draft: Draft = { metrics: [], series: [] }
    this.#values.clear()
    // Unchanged metrics first: another metric with an equal descriptor must not take their place.
    const changed = metrics.filter((metric) => !this.#isUnchanged(metric))
    for (const metric of changed) this.#compare(metric, draft)
    const isEmpty = this.#values.isEmpty && !error
    if (this.#sequence > 0 && isEmpty && !isSentEmpty) return undefined
    const sequence = this.#sequence
    this.#sequence += 1
    const head =
      sequence === 0
        ? { version: reportVersion, sequence, source }
        : { version: reportVersion, sequence }
    return { ...head, ...draft, values: this.#values.copy(), ...(error && { error }) } as Report
  }

  #isUnchanged(metric: Metric): boolean {
    const known = this.#complete.get(metric)
    if (known) known.round = this.#round
    return known !== undefined
  }

  #compare(given: Metric, draft: Draft): void {
    const { descriptor, points } = given
    const metric = this.#metric(descriptor, points.length > 0 ? draft : undefined)
    if (!metric) return
    const { dropped } = this
    const buckets = descriptor.bounds ? descriptor.bounds.length + 1 : 0
    for (const { attributes, value } of points) {
      const series = this.#series(metric, attributes, draft)
      if (!series || !hasChanged(series.last, value)) continue
      series.last = value
      writeValue(this.#values, series, { value, buckets })
    }
    // Series over the limit count in each report.
    if (this.dropped === dropped) this.#complete.set(given, metric)
  }

  /** @param draft undefined for a metric without points, which keeps its place among twins. */
  #metric(descriptor: Descriptor, draft: Draft | undefined): KnownMetric | undefined {
    const key = keyOf(descriptor)
    let known = this.#known.get(key)
    while (known?.round === this.#round && known.twin) known = known.twin
    if (known && known.round !== this.#round) {
      known.round = this.#round
      return known
    }
    if (!draft) return undefined
    const metric = this.#newMetric()
    draft.metrics.push([metric.number, descriptor])
    if (known) known.twin = metric
    else this.#known.set(key, metric)
    return metric
  }

  #newMetric(): KnownMetric {
    const number = this.#metricCount
    this.#metricCount += 1
    const [series, byIdentity] = [new Map(), new WeakMap()]
    return { number, series, byIdentity, round: this.#round, twin: undefined }
  }

  #series(metric: KnownMetric, attributes: Attributes, draft: Draft): KnownSeries | undefined {
    const seen = metric.byIdentity.get(attributes)
    const series = seen ?? this.#unseen(metric, attributes, draft)
    if (!series) return undefined
    series.round = this.#round
    if (!seen) metric.byIdentity.set(attributes, series)
    return series
  }

  #unseen(metric: KnownMetric, attributes: Attributes, draft: Draft): KnownSeries | undefined {
    const key = attributeKey(attributes)
    let known = metric.series.get(key)
    while (known?.round === this.#round && known.twin) known = known.twin
    if (known && known.round !== this.#round) return known
    const series = this.#announce(metric, attributes, draft)
    if (series && known) known.twin = series
    else if (series) metric.series.set(key, series)
    return series
  }

  #announce(metric: KnownMetric, attributes: Attributes, draft: Draft): KnownSeries | undefined {
    if (this.#seriesCount >= this.#seriesLimit) {
      this.dropped += 1
      return undefined
    }
    const number = this.#seriesCount
    this.#seriesCount += 1
    draft.series.push([number, metric.number, flat(attributes)])
    return { number, counts: undefined, last: undefined, round: this.#round, twin: undefined }
  }
}

const keys = new WeakMap<Descriptor, string>()

/** Instruments with other keys are other metrics of one name, whose values the receiver adds. */
function keyOf(descriptor: Descriptor): string {
  const known = keys.get(descriptor)
  if (known !== undefined) return known
  const { name, kind, scope, unit, valueType, schemaUrl } = descriptor
  const key = `${kind} ${name} ${scope} ${unit} ${valueType} ${schemaUrl}`
  keys.set(descriptor, key)
  return key
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
