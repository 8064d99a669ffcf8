import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import type { ReportResult } from './aggregator.ts'

/** Counts the reports of all sources. */
export class ReportCounts {
  readonly #results = new Map<string, number>([['accepted', 0]])
  #chars = 0

  get byResult(): ReadonlyMap<string, number> {
    return this.#results
  }

  count(result: ReportResult, text: unknown): void {
    this.#results.set(result, (this.#results.get(result) ?? 0) + 1)
    if (typeof text === 'string') this.#chars += text.length
  }

  metrics(): Metric[] {
    return [
      declared(catalog.exporterReports, labelled(this.#results, 'result')),
      declared(catalog.exporterReportBytes, [point({}, this.#chars)]),
    ]
  }
}
