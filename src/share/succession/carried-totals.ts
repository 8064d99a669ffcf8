import { shareLimits } from '../../limits/share.ts'
import { stateLimits } from '../../limits/state.ts'
import { attributeKey } from '../../model/attribute-key.ts'
import { type Descriptor, isMonotonic, type Metric, type Point } from '../../model/metric.ts'
import { isWorkerTotal } from '../../model/ownership.ts'
import { add } from '../../state/series.ts'
import type { PeerState, Retained } from '../peers/peer-state.ts'
import { familyKey, RetainedSeries } from './retained-series.ts'

export interface CarriedTotalsOptions {
  /** What the predecessor wrote last; undefined where there was none, or nobody knows. */
  readonly previous: PeerState | undefined
  /** Unix milliseconds. */
  readonly now: number
  /** Replacements reuse the `worker_id` of ended workers, so that its counters go on. */
  readonly usesSlots: boolean
  readonly keepWorkerId: boolean
}

interface Family {
  readonly descriptor: Descriptor
  readonly points: ReadonlyMap<string, Point>
}

/** Totals that go on where those of an earlier process ended, and what its workers left for a while. */
export class CarriedTotals {
  readonly #totals = new Map<string, Family>()
  readonly #retained: RetainedSeries
  /** Totals of single workers, which end with the worker that has the name now. */
  readonly #mortal = new Set<Point>()

  constructor({ previous, now, usesSlots, keepWorkerId }: CarriedTotalsOptions) {
    const counted = (previous?.metrics ?? []).filter(({ descriptor }) =>
      isMonotonic(descriptor.kind),
    )
    const [own, totals] = parted(
      counted,
      (descriptor, { attributes }) =>
        !usesSlots && isWorkerTotal(descriptor, attributes, keepWorkerId),
    )
    for (const metric of totals) this.#addTotal(metric)
    const left = own.length === 0 ? [] : [{ until: now + stateLimits.retentionMs, metrics: own }]
    const earlier = previous?.retained ?? []
    this.#retained = new RetainedSeries([...earlier, ...left].slice(-shareLimits.retainedProcesses))
  }

  /** Adds the earlier totals to present ones. */
  joined(metrics: readonly Metric[]): Metric[] {
    for (const metric of metrics) this.#inherit(metric)
    if (this.#totals.size === 0) return [...metrics]
    const seen = new Set<Point>()
    const joined = metrics.map((metric) => this.#join(metric, seen))
    return [...joined, ...this.#missing(seen)]
  }

  /** What the workers of earlier processes left, as long as it stays. @param now Unix milliseconds. */
  retained(now: number): Retained[] {
    return this.#retained.at(now)
  }

  /** A primary that is started again within a second gives its workers the names of those that ended: two of one name would be one too many. */
  #inherit({ descriptor, points }: Metric): void {
    if (!isMonotonic(descriptor.kind)) return
    for (const point of points) {
      const earlier = this.#retained.take(descriptor, point)
      if (!earlier) continue
      this.#mortal.add(earlier)
      this.#addTotal({ descriptor, points: [earlier] })
    }
  }

  #addTotal({ descriptor, points }: Metric): void {
    const key = familyKey(descriptor)
    const known = this.#totals.get(key)?.points ?? []
    const added = points.map((point) => [attributeKey(point.attributes), point] as const)
    this.#totals.set(key, { descriptor, points: new Map([...known, ...added]) })
  }

  #join(metric: Metric, seen: Set<Point>): Metric {
    const { descriptor } = metric
    const family = this.#totals.get(familyKey(descriptor))
    if (!family) return metric
    const points = metric.points.map((point) => {
      const earlier = family.points.get(attributeKey(point.attributes))
      if (!earlier || seen.has(earlier)) return point
      seen.add(earlier)
      return { attributes: point.attributes, value: add(earlier.value, point.value) }
    })
    return { descriptor, points }
  }

  /** What nobody has counted again yet. */
  #missing(seen: ReadonlySet<Point>): Metric[] {
    return Array.from(this.#totals.values(), ({ descriptor, points }) => ({
      descriptor,
      points: [...points.values()].filter((point) => !seen.has(point) && !this.#mortal.has(point)),
    })).filter(({ points }) => points.length > 0)
  }
}

type Is = (descriptor: Descriptor, point: Point) => boolean

function parted(metrics: readonly Metric[], is: Is): [Metric[], Metric[]] {
  const take = (wanted: boolean): Metric[] =>
    metrics
      .map(({ descriptor, points }) => ({
        descriptor,
        points: points.filter((point) => is(descriptor, point) === wanted),
      }))
      .filter(({ points }) => points.length > 0)
  return [take(true), take(false)]
}
