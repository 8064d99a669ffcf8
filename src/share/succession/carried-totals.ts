import { shareLimits } from '../../limits/share.ts'
import { stateLimits } from '../../limits/state.ts'
import { attributeKey } from '../../model/attribute-key.ts'
import type { MergeRules } from '../../model/merging/merge-rules.ts'
import { add, countOf, higher } from '../../model/merging/merged-value.ts'
import { isWorkerTotal } from '../../model/merging/ownership.ts'
import {
  type Descriptor,
  isMonotonic,
  type Metric,
  type Point,
  type Value,
} from '../../model/metric.ts'
import type { PeerState, Retained } from '../peers/peer-state.ts'
import { familyKey, type Moment, RetainedSeries } from './retained-series.ts'

export interface CarriedTotalsOptions {
  /** The last state of the predecessor; undefined without a predecessor or a readable state. */
  readonly previous: Pick<PeerState, 'metrics' | 'retained'> | undefined
  readonly moment: Moment
  /**
   * Replacements reuse the `worker_id` of ended workers, so that the counters of a `worker_id`
   * continue.
   */
  readonly usesSlots: boolean
  readonly rules: MergeRules
  /** Time that series of ended workers stay, milliseconds. Default: `stateLimits.retentionMs`. */
  readonly retentionMs?: number | undefined
}

interface Family {
  readonly descriptor: Descriptor
  readonly points: ReadonlyMap<string, Point>
}

/**
 * Adds the totals of a predecessor to current totals, and keeps the series of its workers for a
 * while.
 */
export class CarriedTotals {
  readonly #totals = new Map<string, Family>()
  readonly #retained: RetainedSeries
  /** Totals of single workers. They disappear with the current worker of the same name. */
  readonly #workerTotals = new Set<Point>()
  readonly #rules: MergeRules
  /** Maxima of a predecessor by whether they count: decided once, at the first value of now. */
  readonly #maxima = new Map<Point, boolean>()

  constructor({ previous, moment, usesSlots, rules, ...options }: CarriedTotalsOptions) {
    this.#rules = rules
    const { retentionMs = stateLimits.retentionMs } = options
    const counted = (previous?.metrics ?? []).filter(({ descriptor }) =>
      isMonotonic(descriptor.kind),
    )
    const [own, totals] = parted(
      counted,
      (descriptor, { attributes }) => !usesSlots && isWorkerTotal(descriptor, attributes, rules),
    )
    for (const metric of totals) this.#addTotal(metric)
    const left = own.length === 0 ? [] : [{ until: moment.unixNow + retentionMs, metrics: own }]
    const earlier = previous?.retained ?? []
    const groups = [...earlier, ...left].slice(-shareLimits.retainedProcesses)
    this.#retained = new RetainedSeries(groups, moment, retentionMs)
  }

  /** The given metrics with the earlier totals added. */
  joined(metrics: readonly Metric[]): Metric[] {
    for (const metric of metrics) this.#takeRetained(metric)
    if (this.#totals.size === 0) return [...metrics]
    const seen = new Set<Point>()
    const joined = metrics.map((metric) => this.#join(metric, seen))
    return [...joined, ...this.#missing(seen)]
  }

  /** Series of the workers of earlier processes, until they disappear. */
  retained(moment: Moment): Retained[] {
    return this.#retained.at(moment)
  }

  /**
   * A primary that restarts within a second gives its workers the names of ended workers. The
   * retained series of the same name become totals, so that the page shows one series per name.
   */
  #takeRetained({ descriptor, points }: Metric): void {
    if (!isMonotonic(descriptor.kind)) return
    for (const point of points) {
      const earlier = this.#retained.take(descriptor, point)
      if (!earlier) continue
      this.#workerTotals.add(earlier)
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
    const isMaximum = this.#rules.of(descriptor) === 'max'
    const points = metric.points.map((point) => {
      const earlier = family.points.get(attributeKey(point.attributes))
      if (!earlier || seen.has(earlier)) return point
      seen.add(earlier)
      const value = isMaximum ? this.#maximum(earlier, point) : add(earlier.value, point.value)
      return { attributes: point.attributes, value }
    })
    return { descriptor, points }
  }

  /**
   * The values of workers can be some seconds older than the values of the predecessor. A far lower
   * value means that the host, or its device, has started again.
   */
  #maximum(earlier: Point, { value }: Point): Value {
    const counts = this.#maxima.get(earlier) ?? countOf(value) >= 0.9 * countOf(earlier.value)
    this.#maxima.set(earlier, counts)
    return counts ? higher(earlier.value, value) : value
  }

  /** Earlier totals that no current series continues. A maximum needs a current value. */
  #missing(seen: ReadonlySet<Point>): Metric[] {
    const totals = [...this.#totals.values()].filter(
      ({ descriptor }) => this.#rules.of(descriptor) !== 'max',
    )
    return totals
      .map(({ descriptor, points }) => ({
        descriptor,
        points: [...points.values()].filter(
          (point) => !seen.has(point) && !this.#workerTotals.has(point),
        ),
      }))
      .filter(({ points }) => points.length > 0)
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
