import type { Attributes } from '../../model/metric.ts'
import type { LabelBytes } from './sample-writer.ts'

/** The labels of a block's series, one behind the other. */
export interface LabelBlock {
  readonly bytes: Buffer
  /** End of each series' labels in `bytes`. */
  readonly ends: Uint32Array
  /** A hash of each series' key. Equal keys have equal hashes. */
  readonly hashes: Float64Array
}

/** The labels of one series: their text, and the key that twins share. */
export type LabelText = (attributes: Attributes) => { readonly text: string; readonly key: string }

export function labelBlock(series: readonly Attributes[], labelsOf: LabelText): LabelBlock {
  const ends = new Uint32Array(series.length)
  const hashes = new Float64Array(series.length)
  let all = ''
  let end = 0
  for (const [index, attributes] of series.entries()) {
    const { text, key } = labelsOf(attributes)
    all += text
    end += Buffer.byteLength(text)
    ends[index] = end
    hashes[index] = hashOf(key)
  }
  // Not from the pool of Node: a part of the pool would keep the rest of the pool.
  const bytes = Buffer.allocUnsafeSlow(end)
  bytes.write(all)
  return { bytes, ends, hashes }
}

export function labelsAt({ bytes, ends }: LabelBlock, row: number): LabelBytes {
  return { bytes, from: row === 0 ? 0 : (ends[row - 1] as number), to: ends[row] as number }
}

/** Bytes of memory. */
export function labelBlockBytes({ bytes, ends, hashes }: LabelBlock): number {
  return bytes.length + ends.byteLength + hashes.byteLength
}

/** 53 bits of two FNV-1a hashes. A collision costs time alone: the page then compares the keys. */
function hashOf(text: string): number {
  let low = 0x811c9dc5
  let high = 0x01234567
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    low = Math.imul(low ^ code, fnvPrime)
    high = Math.imul(high ^ (code + index), fnvPrime)
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0)
}

const fnvPrime = 0x01000193
