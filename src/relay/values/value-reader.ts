import { Buffer } from 'node:buffer'
import { otelLimits } from '../../limits/otel.ts'
import type { ExponentialBuckets, ExponentialValue } from '../../model/metric.ts'
import { checkedExponential } from './checked-exponential.ts'
import { type ValueKind, valueKinds } from './value-kinds.ts'

/** Bytes of the largest safe integer as a varint, and of a double. */
const [varintBytes, doubleBytes] = [8, 8]

/**
 * Walks the values of a report, as `ValueWriter` writes them, without an object for each value. The
 * bytes can be hostile: nothing throws, and a walk takes as many steps as there are bytes.
 *
 * The fields are those of the value of the last `next()`.
 */
export class ValueReader {
  readonly #bytes: Buffer
  #at = 0
  #isBroken = false
  /** Changed buckets of the histogram, and how many of them are not read yet. */
  #buckets = 0
  #bucketsLeft = 0
  /** Where the histogram begins. */
  #start = 0
  series = 0
  kind: ValueKind = valueKinds.number
  /** Of a `number` or `natural`. */
  number = 0
  /** Of a `histogram`. */
  sum = 0
  /** Place of the bucket of the last `nextBucket()`. */
  bucket = -1
  /** Count of the bucket of the last `nextBucket()`. */
  count = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Goes to the next value. @returns false at the end of the values, and of valid bytes. */
  next(): boolean {
    while (this.nextBucket());
    this.#bucketsLeft = 0
    if (this.#isBroken || this.#at >= this.#bytes.length) return false
    const head = this.#varint()
    this.series = Math.floor(head / 4)
    this.kind = (head % 4) as ValueKind
    if (this.kind === valueKinds.number) this.number = this.#double()
    else if (this.kind === valueKinds.natural) this.number = this.#varint()
    else if (this.kind === valueKinds.histogram) this.#histogram()
    else this.#skipExponential()
    return !this.#isBroken
  }

  /** Goes to the next changed bucket of a `histogram`. @returns false after the last bucket. */
  nextBucket(): boolean {
    if (this.#bucketsLeft === 0 || this.#isBroken) return false
    this.#bucketsLeft -= 1
    this.bucket += 1 + this.#varint()
    this.count = this.#varint()
    return !this.#isBroken
  }

  /** Goes back to the first changed bucket of a `histogram`. */
  rewind(): void {
    this.#at = this.#start
    this.#bucketsLeft = this.#buckets
    this.bucket = -1
  }

  /** Reads an `exponential`. Undefined for a value that no histogram has. */
  exponential(): ExponentialValue | undefined {
    const end = this.#at
    this.#at = this.#start
    const [sum, min, max] = [this.#double(), this.#double(), this.#double()]
    const [scale, zeroCount] = [this.#signed(), this.#varint()]
    const [positive, negative] = [this.#side(), this.#side()]
    this.#at = end
    const count = zeroCount + total(positive) + total(negative)
    return checkedExponential({
      ...{ count, sum, scale, zeroCount, positive, negative, min: known(min), max: known(max) },
    })
  }

  /** Whether all bytes are values, `most` of them at most. Ends the walk. */
  isValid(most: number): boolean {
    let count = 0
    while (this.next()) count += 1
    return !this.#isBroken && count <= most
  }

  #histogram(): void {
    this.sum = this.#double()
    this.#buckets = this.#varint()
    this.#start = this.#at
    this.rewind()
  }

  #skipExponential(): void {
    this.#start = this.#at
    this.#skip(3 * doubleBytes)
    this.#varint()
    this.#varint()
    this.#skipSide()
    this.#skipSide()
  }

  #skipSide(): void {
    this.#varint()
    const buckets = this.#varint()
    if (buckets > otelLimits.exponentialBuckets) this.#isBroken = true
    for (let left = buckets; left > 0 && !this.#isBroken; left -= 1) this.#varint()
  }

  #side(): ExponentialBuckets {
    const offset = this.#signed()
    const counts: number[] = []
    for (let left = this.#varint(); left > 0; left -= 1) counts.push(this.#varint())
    return { offset, counts }
  }

  #skip(bytes: number): void {
    this.#at += bytes
    if (this.#at > this.#bytes.length) this.#isBroken = true
  }

  #double(): number {
    const start = this.#at
    this.#skip(doubleBytes)
    return this.#isBroken ? 0 : this.#bytes.readDoubleLE(start)
  }

  #signed(): number {
    const value = this.#varint()
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (let read = 0; read < varintBytes; read += 1) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) break
      this.#at += 1
      value += (byte & 0x7f) * scale
      if (byte < 0x80 && value <= Number.MAX_SAFE_INTEGER) return value
      scale *= 0x80
    }
    this.#isBroken = true
    return 0
  }
}

function total({ counts }: ExponentialBuckets): number {
  return counts.reduce((sum, count) => sum + count, 0)
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value
}
