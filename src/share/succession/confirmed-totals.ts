import { shareLimits } from '../../limits/share.ts'
import { isMonotonic, type Metric } from '../../model/metric.ts'
import type { PeerState } from '../peers/peer-state.ts'

/**
 * The monotonic metrics of this cluster, as confirmed by Redis. The page shows confirmed totals,
 * and no newer totals: a successor of a killed process starts from the totals in Redis. A counter
 * below an earlier value looks like a reset.
 */
export class ConfirmedTotals {
  #metrics: readonly Metric[] = []
  #collectedAt = Number.NEGATIVE_INFINITY
  /** When the page last showed unconfirmed totals. */
  #unconfirmedAt = Number.NEGATIVE_INFINITY

  /**
   * Takes a state that Redis has stored.
   * @param collectedAt milliseconds of the monotonic clock, as `now` below.
   */
  confirm(
    { metrics, retained }: Pick<PeerState, 'metrics' | 'retained'>,
    collectedAt: number,
  ): void {
    const all = [...metrics, ...retained.flatMap((each) => each.metrics)]
    this.#metrics = all.filter(isMonotonicMetric)
    this.#collectedAt = collectedAt
  }

  /** States from before this time have too few totals: the page needs a newer state. */
  outdate(now: number): void {
    this.#unconfirmedAt = now
  }

  /** Forgets the state: another process has taken over the totals in Redis. */
  forget(): void {
    this.#collectedAt = Number.NEGATIVE_INFINITY
  }

  /**
   * The totals to show beside current gauges. Undefined where the totals are older than
   * shareLimits.confirmedTotalsMs, or older than totals on an earlier page. Then the page
   * shows the current metrics.
   */
  at(now: number): readonly Metric[] | undefined {
    const isRecent = now - this.#collectedAt <= shareLimits.confirmedTotalsMs
    if (isRecent && this.#collectedAt > this.#unconfirmedAt) return this.#metrics
    this.#unconfirmedAt = now
    return undefined
  }
}

/** The metrics whose values may also fall. */
export function nonMonotonic(metrics: readonly Metric[]): Metric[] {
  return metrics.filter((metric) => !isMonotonicMetric(metric))
}

function isMonotonicMetric({ descriptor }: Metric): boolean {
  return isMonotonic(descriptor.kind)
}
