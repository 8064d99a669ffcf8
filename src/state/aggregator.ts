import { attributeKey } from '../model/attribute-key.ts'
import type { UncaughtError } from '../model/death.ts'
import { type Descriptor, isMonotonic, type Metric, type Point } from '../model/metric.ts'
import { parseReport, type Report, type Source } from '../relay/report.ts'
import { ValueReader } from '../relay/values/value-reader.ts'
import type { Family } from './series/family.ts'
import type { LiveSource, ReportedSeries } from './series/live-source.ts'
import { LiveSources } from './series/live-sources.ts'
import type { Cell } from './series/series.ts'
import { SeriesTable, type SeriesTableOptions } from './series/series-table.ts'
import { staysAfterEnd } from './series/total.ts'
import { SeriesIdentity, type SeriesIdentityOptions } from './series-identity.ts'

/** Result of a report, as on the page. */
export type ReportResult = 'accepted' | 'refused' | 'out_of_sequence'

export interface AggregatorOptions extends SeriesIdentityOptions, SeriesTableOptions {
  /** Replacements reuse the `worker_id` of ended workers, so counters of workers continue. */
  readonly reusesIds: boolean
}

/**
 * The cluster's totals: the last values of live sources plus the values that ended sources left.
 * Totals of counters and histograms never fall when a worker ends. The fork number identifies a
 * source.
 */
export class Aggregator {
  readonly #reusesIds: boolean
  readonly #identity: SeriesIdentity
  readonly #table: SeriesTable
  readonly #sources = new LiveSources()
  /** Live sources with series left out, because the page was full. */
  readonly #sourcesOverLimit = new Set<number>()

  constructor(options: AggregatorOptions) {
    this.#reusesIds = options.reusesIds
    this.#identity = new SeriesIdentity(options)
    this.#table = new SeriesTable(options)
  }

  get seriesCount(): number {
    return this.#table.seriesCount
  }

  /** Series, metrics and values left out, by reason. */
  get dropped(): ReadonlyMap<string, number> {
    return this.#table.dropped
  }

  /** Whether an SDK of the application exports metrics, too. */
  get hasOwnSdks(): boolean {
    return this.#sources.hasOwnSdks
  }

  /** Applies a report of the source with this fork number. @param text can be hostile. */
  report(forkNumber: number, text: unknown): ReportResult {
    const report = parseReport(text)
    if (!report || !this.#sources.mayReport(forkNumber, report)) return 'refused'
    const source = this.#sourceOf(forkNumber, report)
    if (!source) return 'out_of_sequence'
    this.#apply(source, report)
    return 'accepted'
  }

  /**
   * Applies the counters and histograms of a crash file. In each series, the higher value counts.
   * @returns whether the crash file belongs to this source.
   */
  raise(forkNumber: number, identity: Source, metrics: readonly Metric[]): boolean {
    const known = this.#sources.get(forkNumber)
    if (known && (known.hasEnded || !known.isProcess(identity))) return false
    const source = known ?? this.#sources.register(forkNumber, identity)
    for (const { descriptor, points } of metrics) {
      const family = this.#table.family(descriptor)
      if (family) this.#raise({ source, family, points })
    }
    return true
  }

  /** Returns sources with series left out since the last call, to report again. */
  takeSourcesOverLimit(): number[] {
    const forkNumbers = [...this.#sourcesOverLimit]
    this.#sourcesOverLimit.clear()
    return forkNumbers
  }

  identityOf(forkNumber: number): Source | undefined {
    return this.#sources.get(forkNumber)?.identity
  }

  /** The uncaught error that the source reported at its end. */
  errorOf(forkNumber: number): UncaughtError | undefined {
    return this.#sources.get(forkNumber)?.error
  }

  /** The source's last value of a `gunicorn_*` metric; undefined for a histogram. */
  valueOf(forkNumber: number, name: string): number | undefined {
    return this.#sources.get(forkNumber)?.valueOf(name)
  }

  /** The source's last points of a `gunicorn_*` metric. */
  pointsOf(forkNumber: number, name: string): Point[] {
    return this.#sources.get(forkNumber)?.pointsOf(name) ?? []
  }

  /**
   * Adds an ended source to the totals. Counters and histograms with the source's `worker_id` stay
   * until `forget`. Gauges end with their source: averages over workers describe live workers.
   * @param settled whether up-down counters are final: only a clean exit leaves no open requests.
   */
  retire(forkNumber: number, settled: boolean): void {
    const source = this.#sources.get(forkNumber)
    this.#sourcesOverLimit.delete(forkNumber)
    if (!source) return
    source.hasEnded = true
    source.keep(source.filledCells().filter((cell) => this.#retireCell(cell, settled)))
  }

  /** Removes a source and its series. */
  forget(forkNumber: number): void {
    for (const cell of this.#sources.get(forkNumber)?.filledCells() ?? [])
      this.#table.removeCell(cell)
    this.#sources.delete(forkNumber)
    this.#sourcesOverLimit.delete(forkNumber)
  }

  /** The same objects at each call. Their values are of this moment until the next call. */
  metrics(): Metric[] {
    return this.#table.metrics()
  }

  /** The metrics with an OpenTelemetry name, of any scope. */
  metricsOf(name: string): Metric[] {
    return this.#table.metricsOf(name)
  }

  /** The descriptors of metrics with series. */
  descriptors(): Descriptor[] {
    return this.#table.descriptors()
  }

  /** The points of one metric of this package. */
  reportedPoints(name: string): readonly Point[] {
    return this.#table.ownPointsOf(name)
  }

  #sourceOf(forkNumber: number, { sequence, source }: Report): LiveSource | undefined {
    if (sequence === 0 && source) {
      this.forget(forkNumber)
      return this.#sources.register(forkNumber, source)
    }
    const known = this.#sources.get(forkNumber)
    return known?.sequence === sequence ? known : undefined
  }

  #apply(source: LiveSource, { sequence, metrics, series, values, error }: Report): void {
    source.sequence = sequence + 1
    source.error = error ?? source.error
    for (const [number, descriptor] of metrics) {
      if (source.hasRoomForMetric(number))
        source.families.set(number, this.#table.family(descriptor))
      else this.#table.countDropped('metrics_limit')
    }
    for (const entry of series) this.#announce(source, entry)
    const reader = new ValueReader(values)
    while (reader.next()) this.#store(source, reader)
  }

  #announce(source: LiveSource, [number, metric, attributes]: Report['series'][number]): void {
    if (!source.hasRoomForSeries(number)) {
      this.#table.countDropped('series_limit')
      return
    }
    const known = source.cells.get(number)
    if (known) this.#table.removeCell(known)
    const family = source.families.get(metric)
    source.cells.set(number, this.#addCell({ source, family, attributes }))
  }

  #store(source: LiveSource, reader: ValueReader): void {
    const cell = source.cells.get(reader.series)
    if (cell && !cell.series.family.values.store(cell, reader))
      this.#table.countDropped('invalid_value')
  }

  /** @returns whether the cell stays until `forget`. */
  #retireCell(cell: Cell, settled: boolean): boolean {
    const { family, attributes } = cell.series
    const { descriptor, rule, values } = family
    const isPerWorker = this.#identity.isPerWorker(descriptor, attributes)
    const isOwn = isPerWorker && !this.#reusesIds
    if (isOwn && isMonotonic(descriptor.kind)) return true
    if (!isOwn && staysAfterEnd(descriptor, rule, settled)) values.retire(cell)
    this.#table.removeCell(cell)
    return false
  }

  #addCell({ source, family, attributes }: ReportedSeries): Cell | undefined {
    if (!family) return undefined
    const shown = this.#identity.attributesOf(family.descriptor, attributes, source.identity)
    const cell = this.#table.addCell(family, shown, source)
    if (!cell) this.#sourcesOverLimit.add(source.forkNumber)
    return cell
  }

  #raise({ source, family, points }: RaisedMetric): void {
    const cells = new Map(source.cellsOf(family).map((cell) => [cell.key, cell]))
    for (const { attributes, value } of points) {
      const shown = this.#identity.attributesOf(family.descriptor, attributes, source.identity)
      const known = cells.get(attributeKey(shown))
      const cell = known ?? this.#addCell({ source, family, attributes })
      if (!cell) continue
      if (!known) source.cells.add(cell)
      if (!family.values.raise(cell, value)) this.#table.countDropped('invalid_value')
    }
  }
}

interface RaisedMetric {
  readonly source: LiveSource
  readonly family: Family
  readonly points: readonly Point[]
}
