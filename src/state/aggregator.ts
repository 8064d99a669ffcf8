import { stateLimits } from '../limits/state.ts'
import { attributeKey } from '../model/attribute-key.ts'
import type { Attributes, Descriptor, Metric, MetricKind, Value } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import { decodeExponential } from '../relay/encoded-exponential.ts'
import { decodeNumber } from '../relay/encoded-number.ts'
import {
  decodeHistogram,
  type EncodedValue,
  parseReport,
  type Report,
  type Source,
} from '../relay/report.ts'
import { add, type Cell, type Family, pointsOf, type Series } from './series.ts'

/** What became of a report. */
export type ReportResult = 'accepted' | 'refused' | 'out_of_sequence'

interface LiveSource {
  readonly identity: Source
  readonly families: Map<number, Family | undefined>
  readonly cells: Map<number, Cell | undefined>
  sequence: number
  hasEnded: boolean
}

interface NewSeries {
  readonly forkNumber: number
  readonly source: LiveSource
  readonly family: Family | undefined
  readonly attributes: Attributes
}

export interface AggregatorOptions {
  /** The `worker_id` of a source. */
  readonly workerIdOf: (source: Source) => string
  /** Keeps `worker_id` on everything instead of merging application metrics across workers. */
  readonly mergesNothing: boolean
  /** Replacements reuse the `worker_id` of ended workers, so its counters go on instead of ending. */
  readonly reusesIds: boolean
  /** Series over all sources; more are left out. */
  readonly maxSeries: number
}

/**
 * The cluster's totals: what live sources reported last plus what ended ones left. Totals of
 * counters and histograms never go down, whichever worker dies. Sources are known by their fork number.
 */
export class Aggregator {
  readonly #options: AggregatorOptions
  readonly #families = new Map<string, Family>()
  readonly #sources = new Map<number, LiveSource>()
  /** Live sources that have series left out because the page was full. */
  readonly #sourcesOverLimit = new Set<number>()
  #seriesCount = 0
  #hasOwnSdks = false
  /** Series left out, by the limit that was reached. */
  readonly dropped: Map<string, number> = new Map()

  constructor(options: AggregatorOptions) {
    this.#options = options
  }

  get seriesCount(): number {
    return this.#seriesCount
  }

  /** Takes a report of the source with this fork number; the text is not trusted. */
  report(forkNumber: number, text: unknown): ReportResult {
    const report = parseReport(text)
    if (!report || !this.#mayReport(forkNumber, report)) return 'refused'
    const source = this.#sourceOf(forkNumber, report)
    if (!source) return 'out_of_sequence'
    source.sequence = report.sequence + 1
    for (const [number, descriptor] of report.metrics)
      source.families.set(number, this.#family(descriptor))
    for (const [number, metric, attributes] of report.series) {
      const known = source.cells.get(number)
      if (known) this.#drop(known)
      const family = source.families.get(metric)
      source.cells.set(number, this.#cell({ forkNumber, source, family, attributes }))
    }
    for (const [number, value] of report.values) this.#store(source.cells.get(number), value)
    return 'accepted'
  }

  /**
   * Takes what a source had counted, counters and histograms, when it ended without a last report: of each series the higher value counts.
   * @returns whether that source can be meant.
   */
  raise(forkNumber: number, identity: Source, metrics: readonly Metric[]): boolean {
    const known = this.#sources.get(forkNumber)
    if (known && (known.hasEnded || !isSame(known.identity, identity))) return false
    const source = known ?? this.#register(forkNumber, identity)
    const cells = new Map(Array.from(this.#cellsOf(forkNumber), (cell) => [cell.series, cell]))
    for (const { descriptor, points } of metrics) {
      const family = this.#family(descriptor)
      for (const { attributes, value } of points) {
        this.#raise({ forkNumber, source, family, attributes }, value, cells)
      }
    }
    return true
  }

  /** Whether the application has ever exported what it measures by SDKs of its own as well. */
  get hasOwnSdks(): boolean {
    return this.#hasOwnSdks
  }

  /** Names the sources whose series were left out since the last call: room may have come free. */
  takeSourcesOverLimit(): number[] {
    const starved = [...this.#sourcesOverLimit]
    this.#sourcesOverLimit.clear()
    return starved
  }

  identityOf(forkNumber: number): Source | undefined {
    return this.#sources.get(forkNumber)?.identity
  }

  /** What this source last said of one of our own metrics, without any labels of its making. */
  valueOf(forkNumber: number, name: string): number | undefined {
    for (const { series, value } of this.#cellsOf(forkNumber)) {
      const { descriptor } = series.family
      if (descriptor.name !== name || descriptor.scope !== ownScope) continue
      return typeof value === 'number' ? value : undefined
    }
    return undefined
  }

  /**
   * Folds an ended source into the totals; its own series stay until `forget`.
   * @param settled the source ended by itself: what is left in its up-down counters is meant.
   * After a crash it is not: the requests or jobs it counted up for are gone with it.
   */
  retire(forkNumber: number, settled: boolean): void {
    const source = this.#sources.get(forkNumber)
    if (source) source.hasEnded = true
    this.#sourcesOverLimit.delete(forkNumber)
    for (const cell of this.#cellsOf(forkNumber)) {
      const { descriptor } = cell.series.family
      if (this.#isStamped(descriptor, cell.series.attributes) && !this.#options.reusesIds) continue
      if (monotonicKinds.has(descriptor.kind) || (descriptor.kind === 'upDownCounter' && settled))
        retireCell(cell)
      this.#drop(cell)
      cell.value = undefined
    }
  }

  /** Removes what is left of a source: the series that carry its `worker_id`. */
  forget(forkNumber: number): void {
    for (const cell of this.#cellsOf(forkNumber)) this.#drop(cell)
    this.#sources.delete(forkNumber)
    this.#sourcesOverLimit.delete(forkNumber)
  }

  metrics(): Metric[] {
    return Array.from(this.#families.values(), (family) => ({
      descriptor: family.descriptor,
      points: pointsOf(family),
    }))
  }

  /** What an ended source still says is counted already, and a forked worker speaks for itself only. */
  #mayReport(forkNumber: number, { source }: Report): boolean {
    const known = this.#sources.get(forkNumber)
    if (known?.hasEnded) return false
    if (source === undefined) return true
    if (known && !isSame(known.identity, source)) return false
    // fork 0 is the process that the ledger belongs to, whatever it counts as.
    return forkNumber === 0 || source.forkNumber === forkNumber
  }

  #sourceOf(forkNumber: number, report: Report): LiveSource | undefined {
    if (report.sequence > 0) {
      const known = this.#sources.get(forkNumber)
      return known?.sequence === report.sequence ? known : undefined
    }
    this.forget(forkNumber)
    return this.#register(forkNumber, report.source as Source)
  }

  #register(forkNumber: number, identity: Source): LiveSource {
    const source: LiveSource = {
      identity,
      families: new Map(),
      cells: new Map(),
      sequence: 0,
      hasEnded: false,
    }
    this.#sources.set(forkNumber, source)
    this.#hasOwnSdks ||= identity.hasOwnSdk === true
    return source
  }

  *#cellsOf(forkNumber: number): Iterable<Cell> {
    for (const cell of this.#sources.get(forkNumber)?.cells.values() ?? []) if (cell) yield cell
  }

  #family(descriptor: Descriptor): Family | undefined {
    const key = `${descriptor.scope} ${descriptor.name}`
    const known = this.#families.get(key)
    if (!known) return this.#addFamily(key, descriptor)
    if (isCompatible(known.descriptor, descriptor)) return known
    this.#countDropped('conflicting_descriptor')
    return undefined
  }

  #addFamily(key: string, descriptor: Descriptor): Family | undefined {
    if (this.#families.size >= stateLimits.metrics) {
      this.#countDropped('metrics_limit')
      return undefined
    }
    const family = { descriptor, series: new Map() }
    this.#families.set(key, family)
    return family
  }

  #cell({ forkNumber, source, family, attributes }: NewSeries): Cell | undefined {
    if (!family) return undefined
    const own = this.#identified(family.descriptor, attributes, source.identity)
    const key = attributeKey(own)
    const known = family.series.get(key)
    if (!known && this.#seriesCount >= this.#options.maxSeries) {
      this.#countDropped('series_limit')
      this.#sourcesOverLimit.add(forkNumber)
      return undefined
    }
    const fresh = {
      key,
      family,
      attributes: own,
      cells: new Set<Cell>(),
      retired: undefined,
      shown: 0,
    }
    const series = known ?? fresh
    if (!known) this.#seriesCount += 1
    family.series.set(key, series)
    const cell = { series, value: undefined }
    series.cells.add(cell)
    return cell
  }

  #raise(place: NewSeries, value: Value, cells: ReadonlyMap<Series, Cell>): void {
    const { family, attributes, source } = place
    if (!family) return
    const own = this.#identified(family.descriptor, attributes, source.identity)
    const series = family.series.get(attributeKey(own))
    const known = series && cells.get(series)
    const cell = known ?? this.#cell(place)
    if (cell) cell.value = higher(cell.value, value)
    // Under a number that no report gives: those count from 0.
    if (!known) source.cells.set(-1 - source.cells.size, cell)
  }

  #store(cell: Cell | undefined, encoded: EncodedValue): void {
    if (!cell) return
    const value = decode(cell, encoded)
    if (value === undefined || isImpossible(cell, value)) this.#countDropped('invalid_value')
    else cell.value = value
  }

  #drop(cell: Cell): void {
    const { series } = cell
    series.cells.delete(cell)
    if (series.cells.size > 0 || series.retired !== undefined) return
    const { family, key } = series
    // Dropped before, its place may since have been taken by another source's.
    if (family.series.get(key) !== series) return
    family.series.delete(key)
    this.#seriesCount -= 1
  }

  /** The attributes under which a source's series is known here. */
  #identified(descriptor: Descriptor, attributes: Attributes, source: Source): Attributes {
    const isStamped = this.#isStamped(descriptor, attributes)
    const given = descriptor.scope === ownScope ? withoutWorkerId(attributes) : attributes
    return isStamped ? withWorkerId(given, this.#options.workerIdOf(source)) : given
  }

  /** In a user's own SDK a View may have renamed our metrics: they still carry the `worker_id` that they were made with. */
  #isStamped({ kind, scope, name }: Descriptor, attributes: Attributes): boolean {
    if (this.#options.mergesNothing || kind === 'gauge') return true
    return scope === ownScope && (name.startsWith('gunicorn_worker_') || 'worker_id' in attributes)
  }

  #countDropped(reason: string): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1)
  }
}

/** What was counted stays counted, whoever ends. */
const monotonicKinds = new Set<MetricKind>(['counter', 'histogram', 'exponentialHistogram'])

/** Of our own metrics: here a worker is known better than by itself. */
function withoutWorkerId(attributes: Attributes): Attributes {
  if (!('worker_id' in attributes)) return attributes
  const { worker_id: _, ...others } = attributes
  return others
}

/** An application's own `worker_id` gives way, as in Prometheus: two workers' gauges must not add up. */
function withWorkerId(attributes: Attributes, worker_id: string): Attributes {
  if (!('worker_id' in attributes)) return { worker_id, ...attributes }
  const { worker_id: exported_worker_id, ...others } = attributes
  return { worker_id, exported_worker_id, ...others }
}

function isSame(source: Source, other: Source): boolean {
  return source.pid === other.pid && source.startSeconds === other.startSeconds
}

/** Of two states of one counter or histogram, which both only grow. */
function higher(known: Value | undefined, other: Value): Value {
  if (known === undefined) return other
  return amountOf(other) > amountOf(known) ? other : known
}

function amountOf(value: Value): number {
  return typeof value === 'number' ? value : value.count
}

function retireCell({ series, value }: Cell): void {
  if (value === undefined) return
  series.retired = series.retired === undefined ? value : add(series.retired, value)
}

function isCompatible(known: Descriptor, other: Descriptor): boolean {
  return known.kind === other.kind && String(known.bounds) === String(other.bounds)
}

/** A counter below zero, or of no number, would make strict parsers refuse the whole page. */
function isImpossible({ series }: Cell, value: Value): boolean {
  return series.family.descriptor.kind === 'counter' && !((value as number) >= 0)
}

function decode(cell: Cell, encoded: EncodedValue): Value | undefined {
  const { kind, bounds } = cell.series.family.descriptor
  if (kind === 'exponentialHistogram') {
    return Array.isArray(encoded) ? decodeExponential(encoded) : undefined
  }
  return bounds ? decodeHistogram(encoded, bounds.length + 1) : decodeNumber(encoded)
}
