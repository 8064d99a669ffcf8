/** The parts of a metric's lines that all of its series share. */
export interface SampleForm {
  /** The name of plain samples. */
  readonly name: Buffer
  /** The name of the buckets with `{`. */
  readonly bucket: Buffer
  readonly sum: Buffer
  readonly count: Buffer
  /** The end of each bucket's labels. Empty for plain samples. */
  readonly ends: readonly Buffer[]
  readonly hasSum: boolean
}

export interface Buckets {
  readonly ends: readonly Buffer[]
  /** In OpenMetrics, a sum must not decrease, and a count requires a sum. */
  readonly hasSum: boolean
}

export const noBuckets: Buckets = { ends: [], hasSum: true }

export function sampleForm(name: string, { ends, hasSum }: Buckets): SampleForm {
  return {
    name: Buffer.from(name),
    bucket: Buffer.from(`${name}_bucket{`),
    sum: Buffer.from(`${name}_sum`),
    count: Buffer.from(`${name}_count`),
    ends,
    hasSum,
  }
}
