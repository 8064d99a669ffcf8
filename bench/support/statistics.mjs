/** Linear interpolation between the closest ranks; NaN for no values. */
export function quantile(values, share) {
  const sorted = values.toSorted((left, right) => left - right)
  const rank = (sorted.length - 1) * share
  const below = sorted[Math.floor(rank)] ?? Number.NaN
  const above = sorted[Math.ceil(rank)] ?? Number.NaN
  return below + (above - below) * (rank - Math.floor(rank))
}

export function median(values) {
  return quantile(values, 0.5)
}

/**
 * The list turned left by `count`, so that no variant is always measured after the same other one.
 */
export function rotate(list, count) {
  const at = count % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}
