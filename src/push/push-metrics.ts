import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { AttemptCounts } from '../support/attempt-counts.ts'
import { isoTime } from '../support/iso-time.ts'

/** Counts the pushes. */
export class PushMetrics {
  readonly #attempts: AttemptCounts
  /** Why pushes are off until the process starts again; undefined while they are on. */
  #offReason: string | undefined

  /** @param now milliseconds of a monotonic clock. Default: the clock of Node. */
  constructor(now?: () => number) {
    this.#attempts = new AttemptCounts(now)
  }

  /** @param error text of the failure; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    this.#attempts.add(seconds, error)
  }

  /** Pushes are impossible. */
  switchOff(reason: string): void {
    this.#offReason = reason
  }

  metrics(): Metric[] {
    const { counts, seconds, ageSeconds } = this.#attempts
    return [
      declared(catalog.exporterPushing, [point({}, this.#offReason === undefined ? 1 : 0)]),
      declared(catalog.exporterPushes, labelled(counts, 'result')),
      declared(catalog.exporterPushSeconds, [point({}, seconds)]),
      declared(catalog.exporterPushAge, [point({}, ageSeconds)]),
    ]
  }

  /** Part of the status page. */
  summary(): Readonly<Record<string, unknown>> {
    const { counts, succeededAt, error } = this.#attempts
    const offReason = this.#offReason
    return {
      state: offReason === undefined ? 'on' : 'off',
      ...Object.fromEntries(counts),
      lastSuccessAt: isoTime(succeededAt),
      lastError: offReason ?? error ?? null,
    }
  }
}
