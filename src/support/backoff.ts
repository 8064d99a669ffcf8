/** Pauses that double with each failure in a row. */
export interface Backoff {
  /** Pause after the first failure, milliseconds. */
  readonly firstMs: number
  /** Longest pause, before jitter, milliseconds. */
  readonly lastMs: number
  /** Range of the random factor of each pause. Default: every pause is exact. */
  readonly jitter?: { readonly from: number; readonly to: number }
}

/**
 * Pause before the next attempt, milliseconds; 0 without a failure.
 * @param failures in a row.
 * @param random between 0 and 1; picks the factor from the range of `jitter`.
 */
export function backoffMs(
  failures: number,
  { firstMs, lastMs, jitter }: Backoff,
  random: () => number = Math.random,
): number {
  if (failures === 0) return 0
  const pauseMs = Math.min(firstMs * 2 ** (failures - 1), lastMs)
  return jitter ? pauseMs * (jitter.from + (jitter.to - jitter.from) * random()) : pauseMs
}
