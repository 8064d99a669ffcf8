/** Counts of a cumulative histogram by upper bound. */
export type Buckets = ReadonlyMap<number, number>

/**
 * A quantile as Prometheus computes it: linear inside of a bucket. Null without observations. The
 * last finite bound stands for everything above.
 */
export function quantile(buckets: Buckets, share: number): number | null {
  const sorted = [...buckets].sort(([one], [other]) => one - other)
  const total = sorted.at(-1)?.[1] ?? 0
  if (total <= 0) return null
  const wanted = share * total
  let [lower, below] = [0, 0]
  for (const [bound, count] of sorted) {
    if (count >= wanted && bound === Number.POSITIVE_INFINITY) return lower
    if (count >= wanted) return lower + (bound - lower) * portion(wanted - below, count - below)
    lower = bound
    below = count
  }
  return lower
}

function portion(part: number, whole: number): number {
  return whole <= 0 ? 1 : part / whole
}
