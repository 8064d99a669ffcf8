/** The noise of a table. */
interface Noise {
  readonly low: number
  readonly high: number
  /** Whether a ratio is no difference. */
  readonly holds: (ratio: number) => boolean
}

/**
 * The quartiles of the ratios between two equal subjects, with 1 between them. A median within the
 * quartiles is no difference.
 */
export function noiseOf(ratios: readonly number[]): Noise {
  const sorted = ratios.toSorted((left, right) => left - right)
  const low = Math.min(1, rank(sorted, 0.25))
  const high = Math.max(1, rank(sorted, 0.75))
  return { low, high, holds: (ratio) => ratio >= low && ratio <= high }
}

/** The closest rank. */
function rank(sorted: readonly number[], share: number): number {
  return sorted[Math.round((sorted.length - 1) * share)] ?? Number.NaN
}
