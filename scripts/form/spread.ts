/** How a set of sizes is spread. The percentiles are sizes of the set (nearest rank). */
export interface Spread {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly max: number
}

export function spreadOf(sizes: readonly number[]): Spread {
  const sorted = sizes.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? 0
  return { count: sorted.length, p50: at(0.5), p90: at(0.9), max: at(1) }
}
