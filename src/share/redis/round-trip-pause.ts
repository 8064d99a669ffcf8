import { shareLimits } from '../../limits/share.ts'
import { backoffMs } from '../../support/backoff.ts'

export interface SuccessPauseOptions {
  readonly intervalMs: number
  /** Duration of the last round trip. */
  readonly elapsedMs: number
  /** The part of the duration in which the thread worked. */
  readonly workMs: number
  /** Shorter pauses, requested by participants. */
  readonly hurriesMs: readonly number[]
}

/**
 * Milliseconds to the next round trip after a success. The pause is at least as long as this thread
 * worked: a very large state takes at most half of the thread's time.
 */
export function pauseAfterSuccess(options: SuccessPauseOptions): number {
  const { intervalMs, elapsedMs, workMs, hurriesMs } = options
  return Math.min(...hurriesMs, Math.max(intervalMs - elapsedMs, workMs))
}

/**
 * Milliseconds to the next round trip after a failure. The interval caps the pause, too.
 * @param failures in a row, at least 1.
 * @param random between 0 and 1.
 */
export function pauseAfterFailure(
  failures: number,
  intervalMs: number,
  random?: () => number,
): number {
  const backoff = {
    firstMs: shareLimits.redisRetryFirstMs,
    lastMs: Math.min(intervalMs, shareLimits.redisRetryLastMs),
    // After an outage of Redis, the processes connect at different times.
    jitter: { from: 0.5, to: 1 },
  }
  return backoffMs(failures, backoff, random)
}
