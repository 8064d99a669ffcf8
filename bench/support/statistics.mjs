/** Interpolates between the closest ranks. NaN without values. */
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

/** The median, and the quartiles in parentheses. `-` without values. */
export function spread(values, digits) {
  if (values.length === 0) return '-'
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) =>
    quantile(values, share).toFixed(digits),
  )
  return `${middle} (${low} to ${high})`
}

/**
 * Rotates the list by `count`: the variants then follow each other in changing order.
 */
export function rotate(list, count) {
  const at = count % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}
