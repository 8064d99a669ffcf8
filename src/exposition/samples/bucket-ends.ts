import { expositionLimits } from '../../limits/exposition.ts'

/**
 * The part of each bucket line between the labels and the value, written once for each bound: most
 * histograms have the same bounds.
 */
export class BucketEnds {
  readonly #ends = new Map<number, Buffer>()
  readonly #limit: number

  /** @param limit of the cached bounds. */
  constructor(limit: number = expositionLimits.bucketBounds) {
    this.#limit = limit
  }

  /** Number of cached bounds. */
  get size(): number {
    return this.#ends.size
  }

  /** One for each bound, and one for the bucket without a bound. */
  all(bounds: readonly number[]): Buffer[] {
    return [...bounds.map((bound) => this.of(bound)), infiniteEnd]
  }

  of(bound: number): Buffer {
    const known = this.#ends.get(bound)
    if (known !== undefined) return known
    const end = Buffer.from(`le="${boundText(bound)}"} `)
    if (this.#ends.size < this.#limit) this.#ends.set(bound, end)
    return end
  }
}

const infiniteEnd = Buffer.from('le="+Inf"} ')

/** The form of Go, of the Python client and of Prometheus 3: `1.0`, `0.005`, `1.5e+06`. */
function boundText(bound: number): string {
  const [digits = '', exponent = ''] = bound.toExponential().split('e')
  const power = Number(exponent)
  if (power >= -4 && power < 6) return Number.isInteger(bound) ? `${bound}.0` : String(bound)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
