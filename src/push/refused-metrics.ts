import type { MetricData } from '@opentelemetry/sdk-metrics'
import { pushLimits } from '../limits/push.ts'
import { attributeKey } from '../model/attribute-key.ts'
import { streamKey } from '../otel/deltas.ts'
import { backoffMs } from '../support/backoff.ts'
import { monotonicNow } from '../support/intrinsics/monotonic-now.ts'
import type { Refusal } from './answers/outcome.ts'
import { metricsIn, type Part, partOf, type ScopedMetric } from './push-batches.ts'

export interface RefusedMetricsLimits {
  readonly refusedMetrics: number
  readonly refusedPoints: number
  readonly refusedFirstMs: number
  readonly refusedLastMs: number
}

type Points = 'all' | ReadonlySet<string>

/** Metrics of a refused request. Some of these caused the refusal. */
interface Suspects {
  readonly kind: 'suspects'
  readonly series: ReadonlyMap<string, Points>
  readonly refusal: Refusal
}

/** A metric, or points of a metric, that the receiver refuses alone. */
interface RefusedMetric {
  readonly kind: 'refused'
  readonly name: string
  readonly key: string
  readonly points: Points
  readonly refusal: Refusal
  /** How often in a row. */
  readonly refusals: number
  /** Time of the next attempt, milliseconds of the clock. */
  readonly dueAt: number
}

/** A refused metric for a person. */
export interface ShownRefusal {
  readonly name: string
  readonly status: string
  readonly reason: string
  /** Number of refused data points, or all. */
  readonly points: number | 'all'
}

/** Metrics that travel apart from all others, or that pushes leave out. */
export type Held = Suspects | RefusedMetric

export interface Sorted {
  readonly free: Part
  readonly held: ReadonlyMap<Held, Part>
}

/** Remembers what the receiver refuses, so that a push does not search again. */
export class RefusedMetrics {
  readonly #limits: RefusedMetricsLimits
  readonly #now: () => number
  readonly #held = new Set<Held>()
  /** Points by metric, in this push. */
  #sizes = new Map<string, number>()

  /** @param now milliseconds of a monotonic clock. */
  constructor(limits: RefusedMetricsLimits = pushLimits, now: () => number = monotonicNow) {
    this.#limits = limits
    this.#now = now
  }

  /** The metrics that the receiver refuses alone. */
  get refused(): readonly RefusedMetric[] {
    return [...this.#held].filter((held) => held.kind === 'refused')
  }

  /** Metrics for a person, the first by name. */
  shown(): readonly ShownRefusal[] {
    return this.refused
      .map(({ name, points, refusal }): ShownRefusal => {
        const { status, reason } = refusal
        return { name, status, reason, points: points === 'all' ? points : points.size }
      })
      .sort((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** Forgets ended series. @param all current metrics. */
  sort(all: Part): Sorted {
    this.#sizes = new Map()
    const parts = new Map<Held | undefined, ScopedMetric[]>()
    for (const scoped of metricsIn(all)) {
      const key = streamKey(scoped.scope, scoped.metric)
      this.#sizes.set(key, scoped.metric.dataPoints.length)
      for (const [held, points] of this.#split(key, scoped)) append(parts, held, points)
    }
    for (const held of this.#held) if (!parts.has(held)) this.#held.delete(held)
    const free = partOf(parts.get(undefined) ?? [])
    const held = new Map<Held, Part>()
    for (const [each, metrics] of parts) if (each) held.set(each, partOf(metrics))
    return { free, held }
  }

  isDue(held: Held): boolean {
    return held.kind === 'suspects' || held.dueAt <= this.#now()
  }

  /** The receiver accepts the metric again, and perhaps others that were refused alike. */
  accepted(held: Held): void {
    this.#held.delete(held)
    for (const other of this.refused) {
      if (other.refusal.status !== held.refusal.status) continue
      this.#held.delete(other)
      this.#held.add({ ...other, dueAt: this.#now() })
    }
  }

  forget(held: Held): void {
    this.#held.delete(held)
  }

  suspect(part: Part, refusal: Refusal): void {
    this.#hold({ kind: 'suspects', series: this.#seriesOf(part), refusal })
  }

  /**
   * @param part one metric, or points of one metric.
   * @param refusals how often in a row the receiver has refused the metric.
   */
  refuse(part: Part, refusal: Refusal, refusals: number): void {
    const [[key, refused] = ['', 'all' as const]] = this.#seriesOf(part)
    const known = this.refused.find((held) => held.key === key)
    if (known) this.#held.delete(known)
    const joined = known ? this.#joined(key, known.points, refused) : refused
    const isMuch = joined !== 'all' && joined.size > this.#limits.refusedPoints
    const name = metricsIn(part)[0]?.metric.descriptor.name ?? ''
    const dueAt = this.#nextAt(refusals)
    const points = isMuch ? 'all' : joined
    this.#hold({ kind: 'refused', name, key, points, refusal, refusals, dueAt })
  }

  #hold(held: Held): void {
    if (this.#held.size < this.#limits.refusedMetrics) this.#held.add(held)
  }

  #nextAt(refusals: number): number {
    const { refusedFirstMs, refusedLastMs } = this.#limits
    return this.#now() + backoffMs(refusals, { firstMs: refusedFirstMs, lastMs: refusedLastMs })
  }

  /** The points of a metric, by what holds the points back. */
  #split(key: string, scoped: ScopedMetric): Iterable<[Held | undefined, ScopedMetric]> {
    const holding = [...this.#held].filter((held) => pointsOf(held, key))
    if (holding.length === 0) return [[undefined, scoped]]
    const groups = new Map<Held | undefined, Point[]>()
    for (const point of scoped.metric.dataPoints) {
      const held = holding.find((each) => includes(pointsOf(each, key), point))
      append(groups, held, point)
    }
    return Array.from(groups, ([held, points]) => [held, withPoints(scoped, points)])
  }

  #seriesOf(part: Part): ReadonlyMap<string, Points> {
    const series = new Map<string, Points>()
    for (const { scope, metric } of metricsIn(part)) {
      const key = streamKey(scope, metric)
      const points = new Set((metric.dataPoints as readonly Point[]).map(keyOf))
      series.set(key, this.#joined(key, points, new Set()))
    }
    return series
  }

  #joined(metric: string, some: Points, others: Points): Points {
    if (some === 'all' || others === 'all') return 'all'
    const points = new Set([...some, ...others])
    const isWhole = points.size >= (this.#sizes.get(metric) ?? 0)
    return isWhole ? 'all' : points
  }
}

type Point = MetricData['dataPoints'][number]

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

function pointsOf(held: Held, key: string): Points | undefined {
  if (held.kind === 'suspects') return held.series.get(key)
  return held.key === key ? held.points : undefined
}

function keyOf({ attributes }: Point): string {
  return attributeKey(attributes)
}

function includes(points: Points | undefined, point: Point): boolean {
  return points === 'all' || (points?.has(keyOf(point)) ?? false)
}

function withPoints({ scope, metric }: ScopedMetric, dataPoints: readonly Point[]): ScopedMetric {
  return { scope, metric: { ...metric, dataPoints } as MetricData }
}
