import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'

export type PushResult = 'success' | 'failure'

/** What became of the pushes so far. */
export class PushMetrics {
  readonly #outcomes = new Map<PushResult, number>([
    ['success', 0],
    ['failure', 0],
  ])
  #seconds = 0
  /** Unix milliseconds; undefined before the first success. */
  #succeededAt: number | undefined
  readonly #startedAt: number
  #error: string | null = null

  /** @param startedAt Unix milliseconds. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt
  }

  /** @param error what the failure said; undefined for a success. */
  add(seconds: number, error: string | undefined): void {
    const outcome = error === undefined ? 'success' : 'failure'
    this.#outcomes.set(outcome, (this.#outcomes.get(outcome) ?? 0) + 1)
    this.#seconds += seconds
    this.#error = error ?? null
    if (error === undefined) this.#succeededAt = Date.now()
  }

  metrics(now: number): Metric[] {
    const age = Math.max(0, now - (this.#succeededAt ?? this.#startedAt)) / 1_000
    return [
      declared(catalog.exporterPushes, labelled(this.#outcomes, 'result')),
      declared(catalog.exporterPushSeconds, [point({}, this.#seconds)]),
      declared(catalog.exporterPushAge, [point({}, age)]),
    ]
  }

  /** For the status. */
  summary(): Readonly<Record<string, unknown>> {
    const at = this.#succeededAt
    return {
      ...Object.fromEntries(this.#outcomes),
      lastSuccessAt: at === undefined ? null : new Date(at).toISOString(),
      lastError: this.#error,
    }
  }
}
