import type { LiveHeadline } from '../../model/live/live-document.ts'
import { roundedOrNull } from '../history/ring.ts'

/** The ranks of the quantiles that the page shows. */
export const shownRanks: readonly number[] = [0.5, 0.95, 0.99]

/** @param quantiles at `shownRanks`. */
export function shownQuantiles([p50 = null, p95 = null, p99 = null]: readonly (
  | number
  | null
)[]): Pick<LiveHeadline, 'p50' | 'p95' | 'p99'> {
  return { p50: roundedOrNull(p50), p95: roundedOrNull(p95), p99: roundedOrNull(p99) }
}

/** @param rates per second, in the order of `statusClasses`; null: unknown. */
export function shownRates(
  rates: readonly number[] | null,
): Pick<LiveHeadline, 'requestsPerSecond' | 'errorsPerSecond'> {
  const total = rates?.reduce((sum, rate) => sum + rate, 0) ?? null
  const [, , , , serverErrors = 0, unanswered = 0] = rates ?? []
  return {
    requestsPerSecond: roundedOrNull(total),
    errorsPerSecond: roundedOrNull(rates && serverErrors + unanswered),
  }
}
