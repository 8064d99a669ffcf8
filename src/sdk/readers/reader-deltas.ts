import {
  AggregationTemporality,
  type CollectionResult,
  type IMetricReader,
  InstrumentType,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics'
import { type DeltaInstrument, Deltas } from '../../otel/deltas.ts'
import { hide } from '../../support/hidden-property.ts'

/** A collection of totals. */
export interface Totals extends CollectionResult {
  /** False if the metrics of the workers are missing. */
  readonly isComplete: boolean
}

/**
 * The deltas of a reader that prefers deltas; undefined for a reader of totals. The SDK of the
 * primary then gives totals to the reader. The metrics of the primary and of its workers are joined
 * as totals, and the joined totals become deltas. A rule such as `max` has no meaning for deltas.
 */
export function readerDeltas(reader: IMetricReader): ReaderDeltas | undefined {
  const chosen = Object.values(InstrumentType).filter(
    (type) => reader.selectAggregationTemporality(type) === AggregationTemporality.DELTA,
  )
  if (chosen.length === 0) return undefined
  hide(reader, 'selectAggregationTemporality', () => AggregationTemporality.CUMULATIVE)
  return new ReaderDeltas(new Set(chosen.flatMap((type) => deltaInstrumentOf[type] ?? [])))
}

/** The joined up-down counters and gauges are cumulative for each reader. */
const deltaInstrumentOf: Readonly<Partial<Record<InstrumentType, DeltaInstrument>>> = {
  [InstrumentType.COUNTER]: 'counter',
  [InstrumentType.OBSERVABLE_COUNTER]: 'observableCounter',
  [InstrumentType.HISTOGRAM]: 'histogram',
}

export class ReaderDeltas {
  readonly #deltas: Deltas
  #last: Promise<unknown> = Promise.resolve()

  constructor(instruments: ReadonlySet<DeltaInstrument>) {
    this.#deltas = new Deltas({ instruments, takenBefore: undefined })
  }

  /**
   * Returns the increase since the last collection. As in OTel's SDK, an increase whose export
   * fails is lost. Collections run one after the other: a total that is older than the last total
   * would pass for a restart of the series.
   */
  collect(collect: () => Promise<Totals>): Promise<CollectionResult> {
    const turn = this.#last.then(async () => {
      const { resourceMetrics, errors, isComplete } = await collect()
      const scopeMetrics = isComplete ? this.#increase(resourceMetrics.scopeMetrics) : []
      return { resourceMetrics: { ...resourceMetrics, scopeMetrics }, errors }
    })
    this.#last = turn.catch(() => {})
    return turn
  }

  #increase(scopes: readonly ScopeMetrics[]): ScopeMetrics[] {
    this.#deltas.retain(scopes)
    const { scopes: increase, commit } = this.#deltas.convert(scopes)
    commit()
    return [...increase]
  }
}
