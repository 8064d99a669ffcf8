import { attributeKey } from '../model/attribute-key.ts'
import type { UncaughtError } from '../model/death.ts'
import { higher } from '../model/merging/merged-value.ts'
import {
  type Descriptor,
  isMonotonic,
  type Metric,
  type Point,
  type Value,
} from '../model/metric.ts'
import { type EncodedValue, parseReport, type Report, type Source } from '../relay/report.ts'
import type { LiveSource, ReportedSeries } from './live-source.ts'
import { LiveSources } from './live-sources.ts'
import { reportedValue } from './reported-value.ts'
import { type Cell, cellKey } from './series.ts'
import { SeriesIdentity, type SeriesIdentityOptions } from './series-identity.ts'
import { SeriesTable, type SeriesTableOptions } from './series-table.ts'
import { retireCell, storeValue } from './series-total.ts'

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
    const cells = new Map(
      Array.from(source.filledCells(), (cell) => [cellKey(cell.series.family, cell.key), cell]),
    )
    for (const { descriptor, points } of metrics) {
      const family = this.#table.family(descriptor)
      for (const { attributes, value } of points)
        this.#raise({ source, family, attributes }, value, cells)
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
    return [...(this.#sources.get(forkNumber)?.pointsOf(name) ?? [])]
  }

  /**
   * Adds an ended source to the totals. Counters and histograms with the source's `worker_id` stay
   * until `forget`. Gauges end with their source: averages over workers describe live workers.
   * @param settled whether up-down counters are final: only a clean exit leaves no open requests.
   */
  retire(forkNumber: number, settled: boolean): void {
    const source = this.#sources.get(forkNumber)
    if (source) source.hasEnded = true
    this.#sourcesOverLimit.delete(forkNumber)
    for (const cell of this.#sources.cellsOf(forkNumber)) {
      const { family, attributes } = cell.series
      const isPerWorker = this.#identity.isPerWorker(family.descriptor, attributes)
      const isOwn = isPerWorker && !this.#reusesIds
      if (isOwn && isMonotonic(family.descriptor.kind)) continue
      if (!isOwn) retireCell(cell, settled)
      this.#table.removeCell(cell)
      cell.value = undefined
    }
  }

  /** Removes a source and its series. */
  forget(forkNumber: number): void {
    for (const cell of this.#sources.cellsOf(forkNumber)) this.#table.removeCell(cell)
    this.#sources.delete(forkNumber)
    this.#sourcesOverLimit.delete(forkNumber)
  }

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
    for (const [number, value] of values) this.#store(source.cells.get(number), value)
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

  #store(cell: Cell | undefined, encoded: EncodedValue): void {
    if (!cell) return
    const value = reportedValue(cell.series.family.descriptor, encoded)
    if (value === undefined) this.#table.countDropped('invalid_value')
    else storeValue(cell, value)
  }

  #addCell({ source, family, attributes }: ReportedSeries): Cell | undefined {
    if (!family) return undefined
    const shown = this.#identity.attributesOf(family.descriptor, attributes, source.identity)
    const cell = this.#table.addCell(family, shown, source.forkNumber)
    if (!cell) this.#sourcesOverLimit.add(source.forkNumber)
    return cell
  }

  #raise(reported: ReportedSeries, value: Value, cells: ReadonlyMap<string, Cell>): void {
    const { family, attributes, source } = reported
    if (!family) return
    const shown = this.#identity.attributesOf(family.descriptor, attributes, source.identity)
    const known = cells.get(cellKey(family, attributeKey(shown)))
    const cell = known ?? this.#addCell(reported)
    if (cell) cell.value = cell.least = higher(cell.value, value)
    if (cell && !known) source.addUnannounced(cell)
  }
}
