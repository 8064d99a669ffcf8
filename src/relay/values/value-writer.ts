import { Buffer } from 'node:buffer'
import type { ExponentialBuckets, ExponentialValue, HistogramValue } from '../../model/metric.ts'
import { isNaturalNumber } from '../../support/guards.ts'
import { checkedExponential } from './checked-exponential.ts'
import { type ValueKind, valueKinds } from './value-kinds.ts'

/** Most bytes of a varint, of a number as a double, and of the head of a value. */
const [varintBytes, doubleBytes] = [8, 8]

/**
 * Writes the values of a report as bytes.
 *
 * A value begins with a varint: the number of the series times 4, plus the kind.
 *
 * - `number`: a double. `natural`: a varint.
 * - `histogram`: the sum as a double, the number of changed buckets, and for each of them the
 *   unchanged buckets before the bucket, and its count. The unchanged buckets have the counts of
 *   the earlier report, or 0.
 * - `exponential`: sum, minimum and maximum as doubles, `NaN` for an unknown one; the scale, and
 *   the count of zeros; for each side of zero the offset, the number of buckets, and their counts.
 *
 * A varint has 7 bits of a number in each byte, the lowest first. A number that can be negative is
 * doubled, and a negative number then has the odd values. A double has its low byte first.
 */
export class ValueWriter {
  #bytes = Buffer.allocUnsafe(256)
  #at = 0

  get isEmpty(): boolean {
    return this.#at === 0
  }

  clear(): void {
    this.#at = 0
  }

  /** A copy of the bytes since the last `clear`. */
  copy(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at))
  }

  number(series: number, value: number): void {
    this.#reserve(2 * varintBytes)
    const isNatural = isNaturalNumber(value) && !Object.is(value, -0)
    this.#head(series, isNatural ? valueKinds.natural : valueKinds.number)
    if (isNatural) this.#varint(value)
    else this.#double(value)
  }

  /** Writes a value that no receiver accepts, in place of a histogram that contradicts itself. */
  invalid(series: number): void {
    this.#reserve(4 * varintBytes + doubleBytes)
    this.#head(series, valueKinds.histogram)
    this.#double(0)
    this.#varint(1)
    this.#varint(Number.MAX_SAFE_INTEGER)
    this.#varint(0)
  }

  /** @param before the counts of the earlier report, equally many; undefined for none. */
  histogram(
    series: number,
    { sum, counts }: HistogramValue,
    before: readonly number[] | undefined,
  ): void {
    let changed = 0
    for (let index = 0; index < counts.length; index += 1) {
      if (counts[index] !== (before?.[index] ?? 0)) changed += 1
    }
    this.#reserve(2 * varintBytes + doubleBytes + 2 * varintBytes * changed)
    this.#head(series, valueKinds.histogram)
    this.#double(sum)
    this.#varint(changed)
    let unchanged = 0
    for (let index = 0; changed > 0; index += 1) {
      const count = counts[index] as number
      if (count === (before?.[index] ?? 0)) {
        unchanged += 1
        continue
      }
      this.#varint(unchanged)
      this.#varint(count)
      unchanged = 0
      changed -= 1
    }
  }

  /** @returns false, and writes nothing, for a value that no receiver accepts. */
  exponential(series: number, value: ExponentialValue): boolean {
    if (!checkedExponential(value)) return false
    const { sum, scale, zeroCount, positive, negative, min, max } = value
    const buckets = positive.counts.length + negative.counts.length
    this.#reserve(varintBytes * (7 + buckets) + 3 * doubleBytes)
    this.#head(series, valueKinds.exponential)
    this.#double(sum)
    this.#double(min ?? Number.NaN)
    this.#double(max ?? Number.NaN)
    this.#signed(scale)
    this.#varint(zeroCount)
    this.#side(positive)
    this.#side(negative)
    return true
  }

  #side({ offset, counts }: ExponentialBuckets): void {
    this.#signed(offset)
    this.#varint(counts.length)
    for (const count of counts) this.#varint(count)
  }

  #head(series: number, kind: ValueKind): void {
    this.#varint(4 * series + kind)
  }

  #double(value: number): void {
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  #signed(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value)
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.#bytes[this.#at] = (rest % 0x80) | 0x80
      this.#at += 1
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#at] = rest
    this.#at += 1
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(2 * needed)
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
