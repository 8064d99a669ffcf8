import { expositionLimits } from '../../limits/exposition.ts'
import type { WrittenBytes } from './kept-lines.ts'
import { numberBytes, writeNumber } from './number-bytes.ts'
import type { SampleForm } from './sample-form.ts'

/** The labels of a series, without braces: a part of a buffer. */
export interface LabelBytes {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

/** The values of a histogram in an array: the sum, then one count for each bucket. */
export interface HistogramPlace {
  readonly values: Float64Array
  readonly at: number
  /** Default: the sum of the counts. */
  readonly count?: number | undefined
}

/**
 * Writes the lines of samples into one buffer, which the next lines use again. A line costs 45 ns:
 * lines of one series copy their beginning from the line before.
 */
export class SampleWriter {
  #bytes = Buffer.allocUnsafeSlow(expositionLimits.writerBytes)
  #at = 0

  /** Number of bytes since the last `take`. */
  get length(): number {
    return this.#at
  }

  /** A copy of the bytes since the last `take`. */
  take(): Buffer {
    return this.takeInto(Buffer.allocUnsafeSlow(this.#at)).bytes
  }

  /**
   * A copy of the bytes since the last `take`.
   * @param given where the bytes go if they fit.
   */
  takeInto(given: Buffer | undefined): WrittenBytes {
    const length = this.#at
    // Most numbers of the next lines have as many digits.
    const needsMore = given === undefined || given.length < length
    const memory = needsMore ? Buffer.allocUnsafeSlow(length + (length >>> 5)) : given
    this.#bytes.copy(memory, 0, 0, length)
    this.#at = 0
    // Labels can be long. The memory of one such block must not stay.
    if (this.#bytes.length > expositionLimits.keptWriterBytes) {
      this.#bytes = Buffer.allocUnsafeSlow(expositionLimits.writerBytes)
    }
    // A buffer of its own for each content: compressed parts stay as long as their buffers.
    return { bytes: memory.subarray(0, length), memory }
  }

  /** Drops the lines of a page that has failed before `take`. */
  clear(): void {
    this.#at = 0
  }

  plain({ name }: SampleForm, labels: LabelBytes, value: number): void {
    const bytes = this.#withRoom(name.length + labels.to - labels.from + numberBytes)
    let at = put(name, bytes, this.#at)
    at = putBraces(labels, bytes, at)
    bytes[at] = space
    at = writeNumber(bytes, at + 1, value)
    bytes[at] = newline
    this.#at = at + 1
  }

  histogram(form: SampleForm, labels: LabelBytes, place: HistogramPlace): void {
    const { values, at: first } = place
    const { bucket, ends, sum, count, hasSum } = form
    const labelBytes = labels.to - labels.from
    const lineBytes = bucket.length + labelBytes + 2 * numberBytes
    const bytes = this.#withRoom((ends.length + 2) * lineBytes)
    const start = this.#at
    let at = putLabels(labels, bytes, put(bucket, bytes, start))
    if (labelBytes > 0) {
      bytes[at] = comma
      at += 1
    }
    const startEnd = at
    let below = 0
    for (let index = 0; index < ends.length; index += 1) {
      below += values[first + 1 + index] as number
      if (index > 0) {
        bytes.copyWithin(at, start, startEnd)
        at += startEnd - start
      }
      at = put(ends[index] as Buffer, bytes, at)
      at = writeNumber(bytes, at, below)
      bytes[at] = newline
      at += 1
    }
    this.#at = at
    if (!hasSum) return
    this.#at = putTotal(sum, labels, { bytes, at, value: values[first] as number })
    this.#at = putTotal(count, labels, { bytes, at: this.#at, value: place.count ?? below })
  }

  #withRoom(needed: number): Buffer {
    const length = this.#at + needed
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#at)
      this.#bytes = larger
    }
    return this.#bytes
  }
}

interface TotalPlace {
  readonly bytes: Buffer
  readonly at: number
  readonly value: number
}

function putTotal(name: Buffer, labels: LabelBytes, { bytes, at, value }: TotalPlace): number {
  const behind = putBraces(labels, bytes, put(name, bytes, at))
  bytes[behind] = space
  const end = writeNumber(bytes, behind + 1, value)
  bytes[end] = newline
  return end + 1
}

function putBraces(labels: LabelBytes, bytes: Buffer, at: number): number {
  if (labels.to === labels.from) return at
  bytes[at] = openBrace
  const end = putLabels(labels, bytes, at + 1)
  bytes[end] = closeBrace
  return end + 1
}

function putLabels(labels: LabelBytes, bytes: Buffer, at: number): number {
  const { from, to } = labels
  labels.bytes.copy(bytes, at, from, to)
  return at + to - from
}

/** A loop, because a call of `copy` takes longer for the few bytes of a name. */
function put(part: Buffer, bytes: Buffer, at: number): number {
  for (let index = 0; index < part.length; index += 1) bytes[at + index] = part[index] as number
  return at + part.length
}

const newline = 10
const space = 32
const comma = 44
const openBrace = 123
const closeBrace = 125
