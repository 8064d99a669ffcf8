/** Longest name that is compared, characters. */
const longestName = 64
/** A name of up to this length may have one wrong character; a longer name may have two. */
const shortName = 12

/**
 * The known name that a mistyped name most likely stands for. Letter case, `-` and camel case do
 * not count as mistakes. Two swapped characters count as one mistake.
 * @returns undefined if no known name is near.
 */
export function nearestName(given: string, known: Iterable<string>): string | undefined {
  return new KnownNames(known).nearest(given)
}

interface KnownName {
  readonly name: string
  readonly plain: string
}

/** Names to compare many given names with. */
export class KnownNames {
  readonly #names: readonly KnownName[]

  constructor(names: Iterable<string>) {
    this.#names = Array.from(names, (name) => ({ name, plain: plainOf(name) }))
  }

  /** Like `nearestName`. */
  nearest(given: string): string | undefined {
    if (given.length < 3 || given.length > longestName) return undefined
    const plain = plainOf(given)
    let best: string | undefined
    let fewest = plain.length > shortName ? 3 : 2
    for (const each of this.#names) {
      if (!mayBeNear(plain, each.plain, fewest)) continue
      const count = mistakes(plain, each.plain, fewest)
      if (count >= fewest) continue
      best = each.name
      fewest = count
    }
    return best
  }
}

/** `metricsPort`, `metrics-port` and `METRICS_PORT` → `metrics_port`. */
function plainOf(name: string): string {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/[-.]/g, '_')
    .toLowerCase()
}

/**
 * A quick check that spares most of the comparisons: two mistakes leave one third of the name as it
 * was. Only two swaps across both borders of the thirds are not found.
 */
function mayBeNear(one: string, other: string, limit: number): boolean {
  if (Math.abs(one.length - other.length) >= limit) return false
  const third = Math.floor(other.length / 3)
  return (
    one.startsWith(other.slice(0, third)) ||
    one.endsWith(other.slice(-third)) ||
    one.includes(other.slice(third, 2 * third))
  )
}

/** Inserted, missing, wrong and swapped characters; `limit` for as many or more. */
function mistakes(one: string, other: string, limit: number): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= one.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= other.length; column += 1) {
      current.push(fewest({ one, other, rows, current, row, column }))
    }
    rows.push(current)
    if (Math.min(...current) >= limit) return limit
  }
  return rows[one.length]?.[other.length] ?? limit
}

interface Place {
  readonly one: string
  readonly other: string
  /** Mistakes between the starts of both names. */
  readonly rows: readonly (readonly number[])[]
  readonly current: readonly number[]
  readonly row: number
  readonly column: number
}

function fewest({ one, other, rows, current, row, column }: Place): number {
  const at = (up: number, left: number): number =>
    rows[row - up]?.[column - left] ?? Number.POSITIVE_INFINITY
  const isSame = one[row - 1] === other[column - 1]
  const isSwapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]
  return Math.min(
    at(1, 0) + 1,
    (current[column - 1] ?? 0) + 1,
    at(1, 1) + (isSame ? 0 : 1),
    isSwapped ? at(2, 2) + 1 : Number.POSITIVE_INFINITY,
  )
}
