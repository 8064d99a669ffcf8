import { isReserved } from '../../exposition/reserved-names.ts'
import { stateLimits } from '../../limits/state.ts'
import { attributeKey } from '../../model/attribute-key.ts'
import type { MergeRules } from '../../model/merging/merge-rules.ts'
import { metricKey } from '../../model/merging/metric-key.ts'
import type { Attributes, Descriptor, Metric, Point } from '../../model/metric.ts'
import { ownScope } from '../../model/own-scope.ts'
import { hasClientLabels, withoutClientLabels } from './client-labels.ts'
import { Family } from './family.ts'
import type { Rows } from './rows.ts'
import { type Cell, Series } from './series.ts'

export interface SeriesTableOptions {
  readonly rules: MergeRules
  /** Series over all sources. The table leaves out further series. */
  readonly maxSeries: number
  /** Metric names. Default: `stateLimits.metrics`. */
  readonly maxMetrics?: number | undefined
  /** Series of a metric with labels of clients. Default: `stateLimits.clientSeries`. */
  readonly maxClientSeries?: number
  /**
   * Called with the name of each metric that is left out, because a metric of ours has the name.
   */
  readonly onReservedName?: ((name: string) => void) | undefined
}

export interface CellSource {
  readonly forkNumber: number
  /** The source's columns for rows of one width. */
  readonly rows: (width: number) => Rows
}

/** All metrics and series of the page, within limits. */
export class SeriesTable {
  readonly #rules: MergeRules
  readonly #maxSeries: number
  readonly #maxMetrics: number
  readonly #maxClientSeries: number
  readonly #families = new Map<string, Family>()
  #seriesCount = 0
  /** Series, metrics and values left out, by reason. */
  readonly dropped: Map<string, number> = new Map()

  readonly #onReservedName: (name: string) => void

  constructor({ maxSeries, maxMetrics = stateLimits.metrics, ...options }: SeriesTableOptions) {
    this.#rules = options.rules
    this.#maxSeries = maxSeries
    this.#maxMetrics = maxMetrics
    this.#maxClientSeries = options.maxClientSeries ?? stateLimits.clientSeries
    this.#onReservedName = options.onReservedName ?? (() => {})
  }

  get seriesCount(): number {
    return this.#seriesCount
  }

  /**
   * Undefined for a reserved name, for a conflict with an earlier descriptor, and over a limit.
   */
  family(descriptor: Descriptor): Family | undefined {
    if (isReserved(descriptor)) {
      this.countDropped('reserved_name')
      this.#onReservedName(descriptor.name)
      return undefined
    }
    if (this.#rules.of(descriptor) === 'omit') {
      this.countDropped('omitted')
      return undefined
    }
    if ((descriptor.bounds?.length ?? 0) > stateLimits.histogramBounds) {
      this.countDropped('bounds_limit')
      return undefined
    }
    const key = metricKey(descriptor)
    const known = this.#families.get(key)
    if (!known) return this.#addFamily(key, descriptor)
    if (isCompatible(known.descriptor, descriptor)) {
      // The sum of whole and other numbers is no whole number.
      if (descriptor.valueType === undefined) known.descriptor = withoutValueType(known.descriptor)
      return known
    }
    this.countDropped('conflicting_descriptor')
    return undefined
  }

  /** Adds a source's cell to the series with the attributes. Undefined over the limit. */
  addCell(family: Family, attributes: Attributes, source: CellSource): Cell | undefined {
    const key = attributeKey(attributes)
    const series = family.get(key) ?? this.#newSeries(family, key, attributes)
    if (!series) return undefined
    const { forkNumber } = source
    if (isRepeatedGauge(series, forkNumber)) this.countDropped('repeated_gauge')
    return family.addCell(series, key, { forkNumber, rows: source.rows(family.values.width) })
  }

  /** Removes a source's cell, and the series when nothing else is left of the series. */
  removeCell(cell: Cell): void {
    if (cell.series.family.removeCell(cell)) this.#seriesCount -= 1
  }

  /** The points of one metric of this package; none for an unknown metric. */
  ownPointsOf(name: string): readonly Point[] {
    const family = this.#families.get(metricKey({ scope: ownScope, name, unit: '' }))
    return family ? family.read().points : []
  }

  /** The metrics with an OpenTelemetry name, of any scope. */
  metricsOf(name: string): Metric[] {
    return [...this.#families.values()]
      .filter(({ descriptor }) => descriptor.name === name)
      .map((family) => family.read())
  }

  /** The descriptors of metrics with series. */
  descriptors(): Descriptor[] {
    return [...this.#families.values()]
      .filter(({ size }) => size > 0)
      .map(({ descriptor }) => descriptor)
  }

  metrics(): Metric[] {
    const families = [...this.#families.values()]
    const foreign = new Set(families.filter(isForeign).map(({ descriptor }) => descriptor.name))
    return families
      .filter((family) => isForeign(family) || !isDouble(family.descriptor.name, foreign))
      .map((family) => family.read())
  }

  countDropped(reason: string): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + 1)
  }

  #addFamily(key: string, descriptor: Descriptor): Family | undefined {
    if (this.#families.size >= this.#maxMetrics) {
      this.countDropped('metrics_limit')
      return undefined
    }
    const family = new Family(descriptor, this.#rules.of(descriptor))
    this.#families.set(key, family)
    return family
  }

  #newSeries(family: Family, key: string, attributes: Attributes): Series | undefined {
    const { size } = family
    if (size < this.#maxClientSeries || !hasClientLabels(family.descriptor)) {
      return this.#addSeries(family, key, attributes)
    }
    this.countDropped('client_series_limit')
    const named = withoutClientLabels(attributes, true)
    const namedKey = attributeKey(named)
    const known = family.get(namedKey)
    if (known) return known
    if (size < 2 * this.#maxClientSeries) return this.#addSeries(family, namedKey, named)
    const folded = withoutClientLabels(attributes, false)
    const foldedKey = attributeKey(folded)
    return family.get(foldedKey) ?? this.#addSeries(family, foldedKey, folded)
  }

  #addSeries(family: Family, key: string, attributes: Attributes): Series | undefined {
    if (this.#seriesCount >= this.#maxSeries) {
      this.countDropped('series_limit')
      return undefined
    }
    const series = new Series(family, key, attributes)
    family.addSeries(series)
    this.#seriesCount += 1
    return series
  }
}

function isCompatible(known: Descriptor, other: Descriptor): boolean {
  return known.kind === other.kind && String(known.bounds) === String(other.bounds)
}

function withoutValueType(descriptor: Descriptor): Descriptor {
  if (descriptor.valueType === undefined) return descriptor
  const { valueType: _, ...others } = descriptor
  return others
}

/** Whether the source has a gauge twice: a single value can be on the page. */
function isRepeatedGauge({ family, first }: Series, forkNumber: number): boolean {
  if (family.descriptor.kind !== 'gauge') return false
  for (let cell = first; cell; cell = cell.next) if (cell.forkNumber === forkNumber) return true
  return false
}

/** Whether the application makes the metric, and has a series. */
function isForeign({ descriptor, size }: Family): boolean {
  return descriptor.scope !== ownScope && size > 0
}

/**
 * OpenTelemetry's metrics that the application makes in some workers, and this package in others.
 */
function isDouble(name: string, foreign: ReadonlySet<string>): boolean {
  return !name.startsWith('gunicorn_') && foreign.has(name)
}
