import type { ExponentialBuckets, ExponentialValue } from '../../../src/model/metric.ts'
import type { Random } from '../random.ts'

/** A histogram without values, apart from the given parts. */
export function exponential(parts: Partial<ExponentialValue> = {}): ExponentialValue {
  const { positive = noBuckets, negative = noBuckets, zeroCount = 0 } = parts
  const count = zeroCount + sumOf(positive) + sumOf(negative)
  const range = count === 0 ? { min: undefined, max: undefined } : { min: -1, max: 1 }
  return { count, sum: 0, scale: 0, zeroCount, positive, negative, ...range, ...parts }
}

export function randomExponential(random: Random): ExponentialValue {
  const scale = random.below(31) - 10
  return exponential({
    scale,
    zeroCount: random.chance(0.3) ? random.below(5) : 0,
    positive: randomBuckets(random, scale),
    negative: random.chance(0.3) ? randomBuckets(random, scale) : noBuckets,
  })
}

/** Counts by bucket at a smaller scale, one count after the other. */
export function countsAt(
  values: readonly ExponentialValue[],
  side: 'positive' | 'negative',
  scale: number,
): Map<number, number> {
  const counts = new Map<number, number>()
  for (const { scale: own, [side]: buckets } of values) {
    for (const [index, count] of buckets.counts.entries()) {
      // A bucket of a smaller scale holds two of the next one: 2i and 2i + 1.
      let place = buckets.offset + index
      for (let step = own; step > scale; step -= 1) place = (place - (Math.abs(place) % 2)) / 2
      if (count > 0) counts.set(place, (counts.get(place) ?? 0) + count)
    }
  }
  return counts
}

export function countsIn({ offset, counts }: ExponentialBuckets): Map<number, number> {
  const entries = Array.from(counts, (count, index) => [offset + index, count] as const)
  return new Map(entries.filter(([, count]) => count > 0))
}

export const noBuckets: ExponentialBuckets = { offset: 0, counts: [] }

/** Buckets of values between 2^-1000 and 2^1000: a double has no further values. */
function randomBuckets(random: Random, scale: number): ExponentialBuckets {
  const most = Math.floor(1_000 * 2 ** scale)
  const length = Math.min(random.below(random.pick([2, 20, 160])), 2 * most)
  const counts = Array.from({ length }, () => (random.chance(0.5) ? random.below(1_000) : 0))
  const range = Math.min(random.pick([10, 1_000, 1_000_000_000]), most)
  const offset = random.below(2 * range + 1) - range
  return { offset: Math.min(offset, most - length), counts }
}

function sumOf({ counts }: ExponentialBuckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}
