import { Distribution } from '../../../model/live/distribution.ts'

/** Counts of a cumulative histogram by upper bound. */
export type Buckets = ReadonlyMap<number, number>

/** Null without observations. The last finite bound stands for everything above. */
export function quantile(buckets: Buckets, share: number): number | null {
  const distribution = new Distribution()
  distribution.addCumulative(buckets)
  return distribution.quantiles([share])[0] ?? null
}
