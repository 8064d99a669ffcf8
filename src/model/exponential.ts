import type { ExponentialBuckets, ExponentialValue } from './metric.ts'

/** The scales of OTel's SDKs. At -10, two buckets hold all values of a double. */
export const minScale = -10
export const maxScale = 20

/**
 * The sum of two histograms. Its scale is the smaller of both scales, or a scale below with at most
 * `maxBuckets` on each side of zero. Each new bucket contains whole old buckets.
 */
export function addExponential(
  left: ExponentialValue,
  right: ExponentialValue,
  maxBuckets: number,
): ExponentialValue {
  if (left.count === 0) return right
  if (right.count === 0) return left
  const tight = [tightened(left), tightened(right)]
  const scale = commonScale(tight, maxBuckets)
  const sides = (side: Side): ExponentialBuckets[] =>
    tight.map((value) => joined(value[side], value.scale - scale))
  return {
    count: left.count + right.count,
    sum: left.sum + right.sum,
    scale,
    zeroCount: left.zeroCount + right.zeroCount,
    positive: sides('positive').reduce(addBuckets),
    negative: sides('negative').reduce(addBuckets),
    min: extreme(Math.min, left.min, right.min),
    max: extreme(Math.max, left.max, right.max),
  }
}

/**
 * The values added since `before`, at the smaller of both scales, without minimum and maximum.
 * @param before an earlier value of the same histogram.
 */
export function subtractExponential(
  value: ExponentialValue,
  before: ExponentialValue,
): ExponentialValue {
  const pair = [tightened(value), tightened(before)] as const
  const scale = commonScale(pair, Number.POSITIVE_INFINITY)
  const rest = (side: Side): ExponentialBuckets => {
    const [total, part] = pair.map((each) => joined(each[side], each.scale - scale))
    return total && part ? subtractBuckets(total, part) : none
  }
  return {
    count: value.count - before.count,
    sum: value.sum - before.sum,
    scale,
    zeroCount: value.zeroCount - before.zeroCount,
    positive: rest('positive'),
    negative: rest('negative'),
  }
}

/** Reduces the scale until each side of zero has at most `maxBuckets`. */
export function narrowed(value: ExponentialValue, maxBuckets: number): ExponentialValue {
  const tight = tightened(value)
  const scale = commonScale([tight], maxBuckets)
  const shift = value.scale - scale
  const { positive, negative } = tight
  return { ...value, scale, positive: joined(positive, shift), negative: joined(negative, shift) }
}

/**
 * base^index: the upper bound of the bucket before `index`. Bounds that are equal at two scales
 * are equal numbers.
 */
export function bucketBound(index: number, scale: number): number {
  const power = index * 2 ** -scale
  const whole = Math.floor(power)
  return 2 ** whole * 2 ** (power - whole)
}

type Side = 'positive' | 'negative'

/** Without empty buckets at the ends. */
function tightened(value: ExponentialValue): ExponentialValue {
  return { ...value, positive: trimmed(value.positive), negative: trimmed(value.negative) }
}

/** Leaves out histograms without buckets, which are the same at any scale. */
function commonScale(values: readonly ExponentialValue[], maxBuckets: number): number {
  const scaled = values.filter(
    ({ positive, negative }) => positive.counts.length + negative.counts.length > 0,
  )
  if (scaled.length === 0) return 0
  let scale = Math.min(...scaled.map((value) => value.scale))
  const isTooWide = (side: Side): boolean => width(scaled, side, scale) > maxBuckets
  while (isTooWide('positive') || isTooWide('negative')) scale -= 1
  return scale
}

/** Number of buckets on one side of zero, from the lowest to the highest of all values. */
function width(values: readonly ExponentialValue[], side: Side, scale: number): number {
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (const { scale: own, [side]: buckets } of values) {
    const { offset, counts } = buckets
    if (counts.length === 0) continue
    low = Math.min(low, shifted(offset, own - scale))
    high = Math.max(high, shifted(offset + counts.length - 1, own - scale))
  }
  return high < low ? 0 : high - low + 1
}

function shifted(index: number, shift: number): number {
  // `>>` takes the shift modulo 32, and 32 bits of the index.
  return Math.floor(index / 2 ** shift)
}

function joined({ offset, counts }: ExponentialBuckets, shift: number): ExponentialBuckets {
  if (counts.length === 0 || shift === 0) return { offset, counts }
  const first = shifted(offset, shift)
  const last = shifted(offset + counts.length - 1, shift)
  const wide = new Array<number>(last - first + 1).fill(0)
  for (const [index, count] of counts.entries()) {
    const place = shifted(offset + index, shift) - first
    wide[place] = (wide[place] as number) + count
  }
  return { offset: first, counts: wide }
}

const none: ExponentialBuckets = { offset: 0, counts: [] }

function trimmed({ offset, counts }: ExponentialBuckets): ExponentialBuckets {
  const first = counts.findIndex((count) => count > 0)
  if (first < 0) return none
  const last = counts.findLastIndex((count) => count > 0)
  const isTight = first === 0 && last === counts.length - 1
  return { offset: offset + first, counts: isTight ? counts : counts.slice(first, last + 1) }
}

/** Both have the same scale. */
function addBuckets(left: ExponentialBuckets, right: ExponentialBuckets): ExponentialBuckets {
  if (left.counts.length === 0) return right
  if (right.counts.length === 0) return left
  const offset = Math.min(left.offset, right.offset)
  const end = Math.max(left.offset + left.counts.length, right.offset + right.counts.length)
  const counts = new Array<number>(end - offset).fill(0)
  for (const buckets of [left, right]) {
    for (const [index, count] of buckets.counts.entries()) {
      const place = buckets.offset - offset + index
      counts[place] = (counts[place] as number) + count
    }
  }
  return { offset, counts }
}

/** Both have the same scale. */
function subtractBuckets(
  { offset, counts }: ExponentialBuckets,
  part: ExponentialBuckets,
): ExponentialBuckets {
  const at = (index: number): number => part.counts[offset + index - part.offset] ?? 0
  return trimmed({ offset, counts: counts.map((count, index) => count - at(index)) })
}

/** Undefined where one value is unknown, because the unknown value can be the extreme. */
function extreme(
  pick: (left: number, right: number) => number,
  left: number | undefined,
  right: number | undefined,
): number | undefined {
  return left === undefined || right === undefined ? undefined : pick(left, right)
}
