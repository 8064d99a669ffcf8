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
  /** The place in the given order: of equally near names, the first one counts. */
  readonly place: number
}

/** A name with this number of mistakes, or with more, is not near. */
const mostMistakes = 3

/** Names to compare many given names with. */
export class KnownNames {
  /** By length: each variable of a process is compared while a server waits to listen. */
  readonly #names = new Map<number, KnownName[]>()

  constructor(names: Iterable<string>) {
    let place = 0
    for (const name of names) {
      const plain = plainOf(name)
      const { length } = plain
      const alike = this.#names.get(length) ?? []
      alike.push({ name, plain, place })
      this.#names.set(length, alike)
      place += 1
    }
  }

  /** Like `nearestName`. */
  nearest(given: string): string | undefined {
    if (given.length < 3 || given.length > longestName) return undefined
    const plain = plainOf(given)
    let best: string | undefined
    let fewest = plain.length > shortName ? mostMistakes : mostMistakes - 1
    for (const each of this.#ofSimilarLength(plain.length)) {
      if (!mayBeNear(plain, each.plain, fewest)) continue
      const count = mistakes(plain, each.plain, fewest)
      if (count >= fewest) continue
      best = each.name
      fewest = count
    }
    return best
  }

  #ofSimilarLength(length: number): readonly KnownName[] {
    const found: KnownName[] = []
    for (let each = length - mostMistakes + 1; each < length + mostMistakes; each += 1) {
      found.push(...(this.#names.get(each) ?? []))
    }
    return found.sort((one, other) => one.place - other.place)
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

/**
 * Inserted, missing, wrong and swapped characters; `limit` for as many or more. Looks at the band
 * of columns within `limit` of the row only: thousands of variables are compared at each start.
 */
function mistakes(one: string, other: string, limit: number): number {
  const width = other.length + 1
  const counts = borders(one, other, limit)
  for (let row = 1; row <= one.length; row += 1) {
    const last = Math.min(other.length, row + limit)
    let least = Math.min(row, limit)
    for (let column = Math.max(1, row - limit); column <= last; column += 1) {
      const count = Math.min(limit, fewest({ one, other, counts }, row, column))
      counts[row * width + column] = count
      least = Math.min(least, count)
    }
    if (least >= limit) return limit
  }
  return counts[one.length * width + other.length] ?? limit
}

/** The mistakes against an empty start of the other name. */
function borders(one: string, other: string, limit: number): Uint8Array {
  const width = other.length + 1
  const counts = new Uint8Array((one.length + 1) * width).fill(limit)
  for (let count = 0; count < limit; count += 1) {
    if (count < width) counts[count] = count
    if (count <= one.length) counts[count * width] = count
  }
  return counts
}

interface Comparison {
  readonly one: string
  readonly other: string
  /** Mistakes between the starts of both names, by row. */
  readonly counts: Uint8Array
}

function fewest({ one, other, counts }: Comparison, row: number, column: number): number {
  const width = other.length + 1
  const at = row * width + column
  const isSame = one[row - 1] === other[column - 1]
  const isSwapped =
    row > 1 &&
    column > 1 &&
    one[row - 1] === other[column - 2] &&
    one[row - 2] === other[column - 1]
  const left = (counts[at - 1] ?? 0) + 1
  const above = (counts[at - width] ?? 0) + 1
  const diagonal = (counts[at - width - 1] ?? 0) + (isSame ? 0 : 1)
  const swapped = isSwapped ? (counts[at - 2 * width - 2] ?? 0) + 1 : diagonal
  return Math.min(left, above, diagonal, swapped)
}
