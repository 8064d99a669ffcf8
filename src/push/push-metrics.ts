import { pushLimits } from '../limits/push.ts'
import { catalog } from '../model/catalog/catalog.ts'
import { declared, labelled, point } from '../model/catalog/declared.ts'
import type { Metric } from '../model/metric.ts'
import { AttemptCounts } from '../support/attempt-counts.ts'
import { isoTime } from '../support/iso-time.ts'
import type { PushReport } from './pusher.ts'

/** Counts the pushes, and what receivers refuse. */
export class PushMetrics {
  readonly #attempts: AttemptCounts
  /** Why pushes are off until the process starts again; undefined while they are on. */
  #offReason: string | undefined
  /** Data points by status. */
  readonly #refusedPoints = new Map<string, number>([
    ['400', 0],
    ['413', 0],
    [partialSuccessStatus, 0],
  ])
  #last: Pick<PushReport, 'refusedMetrics' | 'requestPoints'> = {
    refusedMetrics: [],
    requestPoints: pushLimits.pushPoints,
  }

  /** @param now milliseconds of a monotonic clock. Default: the clock of Node. */
  constructor(now?: () => number) {
    this.#attempts = new AttemptCounts(now)
  }

  add(report: PushReport): void {
    this.#attempts.add(report.seconds, report.error)
    this.#last = report
    for (const [status, points] of report.refusedPoints) this.#addRefused(status, points)
    this.#addRefused(partialSuccessStatus, report.partialSuccess?.rejectedPoints ?? 0)
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
      declared(catalog.exporterPushRefusedPoints, labelled(this.#refusedPoints, 'status')),
      declared(catalog.exporterPushRefusedMetrics, [point({}, this.#last.refusedMetrics.length)]),
    ]
  }

  /** Part of the status page. */
  summary(): Readonly<Record<string, unknown>> {
    const { counts, succeededAt, error } = this.#attempts
    const offReason = this.#offReason
    const { refusedMetrics, requestPoints } = this.#last
    return {
      state: offReason === undefined ? 'on' : 'off',
      ...Object.fromEntries(counts),
      lastSuccessAt: isoTime(succeededAt),
      lastError: offReason ?? error ?? null,
      refusedPoints: Object.fromEntries(this.#refusedPoints),
      refusedMetrics: refusedMetrics
        .slice(0, pushLimits.shownMetrics)
        .map(({ name, status, points }) => ({ name, status, points })),
      requestPoints,
    }
  }

  #addRefused(status: string, points: number): void {
    const isKnown = this.#refusedPoints.has(status)
    const hasRoom = this.#refusedPoints.size < pushLimits.refusedStatuses
    const label = isKnown || hasRoom ? status : 'other'
    this.#refusedPoints.set(label, (this.#refusedPoints.get(label) ?? 0) + points)
  }
}

const partialSuccessStatus = 'partial_success'
