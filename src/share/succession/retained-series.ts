import { stateLimits } from '../../limits/state.ts'
import { attributeKey } from '../../model/attribute-key.ts'
import { metricKey } from '../../model/merging/metric-key.ts'
import type { Descriptor, Metric, Point } from '../../model/metric.ts'
import type { Retained } from '../peers/peer-state.ts'

/** One moment of two clocks, milliseconds. */
export interface Moment {
  /** The monotonic clock. */
  readonly now: number
  /** Unix time, for values that cross to another process. */
  readonly unixNow: number
}

interface Group {
  /** Milliseconds of the monotonic clock. */
  readonly until: number
  readonly metrics: readonly Metric[]
}

/**
 * Series of the workers of earlier processes, until they disappear or a current worker has the same
 * name. The time that is left is counted by the monotonic clock: a change of the system's clock
 * neither ends nor prolongs it.
 */
export class RetainedSeries {
  readonly #groups: readonly Group[]
  /** By `worker_id`, by family, by attributes; bounded by the size of the state. */
  readonly #byWorker = new Map<unknown, Map<string, Map<string, Point>>>()
  readonly #taken = new Set<Point>()

  /** @param retentionMs no series stays longer, milliseconds. */
  constructor(
    groups: readonly Retained[],
    { now, unixNow }: Moment,
    retentionMs: number = stateLimits.retentionMs,
  ) {
    this.#groups = groups
      // The clock of the earlier process may have been ahead.
      .filter(({ until }) => until - unixNow <= retentionMs)
      .map(({ until, metrics }) => ({ until: now + until - unixNow, metrics }))
    for (const { metrics } of this.#groups) for (const metric of metrics) this.#index(metric)
  }

  /** Removes and returns the series of the same name. */
  take(descriptor: Descriptor, { attributes }: Point): Point | undefined {
    const points = this.#byWorker.get(attributes['worker_id'])?.get(familyKey(descriptor))
    if (!points) return undefined
    const key = attributeKey(attributes)
    const point = points.get(key)
    if (!point) return undefined
    points.delete(key)
    this.#taken.add(point)
    return point
  }

  /** The remaining series. `until`: Unix milliseconds. */
  at({ now, unixNow }: Moment): Retained[] {
    const left = this.#groups.filter(({ until }) => until > now)
    return left.map(({ until, metrics }) => ({
      // The monotonic clock has fractions of a millisecond. Readers refuse such a time.
      until: Math.round(unixNow + until - now),
      metrics: this.#taken.size === 0 ? metrics : this.#withoutTaken(metrics),
    }))
  }

  #withoutTaken(metrics: readonly Metric[]): Metric[] {
    return metrics
      .map(({ descriptor, points }) => ({
        descriptor,
        points: points.filter((point) => !this.#taken.has(point)),
      }))
      .filter(({ points }) => points.length > 0)
  }

  #index({ descriptor, points }: Metric): void {
    const family = familyKey(descriptor)
    for (const point of points) {
      const id = point.attributes['worker_id']
      const families = this.#byWorker.get(id) ?? new Map<string, Map<string, Point>>()
      const known = families.get(family) ?? new Map<string, Point>()
      this.#byWorker.set(id, families.set(family, known))
      known.set(attributeKey(point.attributes), point)
    }
  }
}

/**
 * Names a metric. Histograms with other bounds are another metric: different buckets cannot be
 * added.
 */
export function familyKey(descriptor: Descriptor): string {
  return JSON.stringify([metricKey(descriptor), descriptor.kind, descriptor.bounds])
}
