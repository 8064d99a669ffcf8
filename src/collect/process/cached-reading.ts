import { type Clock, nodeClock } from '../../support/clock.ts'

/**
 * Returns a function that reads at most once in `maxAgeMs`, and returns the last reading meanwhile.
 * An error of `read` is thrown, and the next call reads again.
 */
export function cachedReading<T>(
  read: () => T,
  maxAgeMs: number,
  clock: Pick<Clock, 'now'> = nodeClock,
): () => T {
  let last: { readonly value: T; readonly at: number } | undefined
  return () => {
    const now = clock.now()
    if (!last || now - last.at >= maxAgeMs) last = { value: read(), at: now }
    return last.value
  }
}
