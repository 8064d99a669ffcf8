import { shareLimits } from '../../limits/share.ts'
import { isMonotonic, type Metric } from '../../model/metric.ts'
import type { PeerState } from '../peers/peer-state.ts'

/**
 * What only grows of the own cluster, as Redis is known to have it. The own page shows that, and not what is newer: a
 * successor of a process that is killed begins with it, and a counter that begins below what was shown looks like a reset.
 */
export class ConfirmedTotals {
  #metrics: readonly Metric[] = []
  #collectedAt = Number.NEGATIVE_INFINITY
  /** When something newer had to be shown. */
  #passedAt = Number.NEGATIVE_INFINITY

  /** Redis has it. @param collectedAt milliseconds of the monotonic clock, as `now` below. */
  confirm(
    { metrics, retained }: Pick<PeerState, 'metrics' | 'retained'>,
    collectedAt: number,
  ): void {
    const all = [...metrics, ...retained.flatMap((each) => each.metrics)]
    this.#metrics = all.filter(isLasting)
    this.#collectedAt = collectedAt
  }

  /** What Redis has is another one's now. */
  forget(): void {
    this.#collectedAt = Number.NEGATIVE_INFINITY
  }

  /**
   * What is to be shown beside `fleeting` ones of the present. Undefined where that is too old, or older than what was
   * shown already: then the present ones have to be shown whole.
   */
  at(now: number): readonly Metric[] | undefined {
    const isRecent = now - this.#collectedAt <= shareLimits.confirmedTotalsMs
    if (isRecent && this.#collectedAt > this.#passedAt) return this.#metrics
    this.#passedAt = now
    return undefined
  }
}

/** Those that may also fall: nobody takes that for a reset. */
export function fleeting(metrics: readonly Metric[]): Metric[] {
  return metrics.filter((metric) => !isLasting(metric))
}

function isLasting({ descriptor }: Metric): boolean {
  return isMonotonic(descriptor.kind)
}
