import { topLimits } from '../../../limits/tools/top.ts'

/** Increases of counters between two readings of a page. */
export class Increases {
  #before: ReadonlyMap<string, number> = new Map()
  #now = new Map<string, number>()
  #readAt: number | undefined
  #seconds: number | undefined

  /** Call this method before the counters of a reading. @param now monotonic milliseconds. */
  begin(now: number): void {
    this.#seconds = this.#readAt === undefined ? undefined : (now - this.#readAt) / 1_000
    this.#readAt = now
    this.#before = this.#now
    this.#now = new Map()
  }

  /**
   * How much the counter grew. Null at the first reading, and without a value. A new counter
   * started at 0.
   */
  increase(key: string, value: number | null): number | null {
    if (value === null) return null
    const before = this.#before.get(key)
    if (this.#now.size < topLimits.series) this.#now.set(key, value)
    if (this.#seconds === undefined || !Number.isFinite(value)) return null
    // A smaller value is of another process, which started at 0.
    return before === undefined || value < before ? value : value - before
  }

  /** The increase per second. */
  rate(increase: number | null): number | null {
    const seconds = this.#seconds ?? 0
    return increase === null || seconds <= 0 ? null : increase / seconds
  }
}

/** The sum of the known values; null where no value is known. */
export function sumOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}
