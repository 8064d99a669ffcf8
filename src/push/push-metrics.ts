import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { AttemptCounts } from '../support/attempt-counts.ts'
import { isoTime } from '../support/iso-time.ts'

/** Counts the pushes. */
export class PushMetrics {
  readonly #attempts = new AttemptCounts()
  readonly #startedAt: number

  /** @param startedAt Unix milliseconds. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** @param error text of the failure; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    this.#attempts.add(seconds, error)
  }

  /** @param now Unix milliseconds. */
  metrics(now: number): Metric[] {
    const { counts, seconds, succeededAt } = this.#attempts
    const ageSeconds = Math.max(0, now - (succeededAt ?? this.#startedAt)) / 1_000
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
