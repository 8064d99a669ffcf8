import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { AttemptCounts } from '../support/attempt-counts.ts'
import { isoTime } from '../support/iso-time.ts'

/** Counts the pushes. */
export class PushMetrics {
  readonly #attempts: AttemptCounts

  /** @param now milliseconds of a monotonic clock. Default: the clock of Node. */
  constructor(now?: () => number) {
    this.#attempts = new AttemptCounts(now)
  }

  /** @param error text of the failure; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    this.#attempts.add(seconds, error)
  }

  metrics(): Metric[] {
    const { counts, seconds, ageSeconds } = this.#attempts
    return [
      declared(catalog.exporterPushes, labelled(counts, 'result')),
      declared(catalog.exporterPushSeconds, [point({}, seconds)]),
      declared(catalog.exporterPushAge, [point({}, ageSeconds)]),
    ]
  }

  /** Part of the status page. */
  summary(): Readonly<Record<string, unknown>> {
    const { counts, succeededAt, error } = this.#attempts
    return {
      ...Object.fromEntries(counts),
      lastSuccessAt: isoTime(succeededAt),
      lastError: error ?? null,
    }
  }
}
