import { attributeKey } from '../../model/attribute-key.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import type { MergeRules } from '../../model/merging/merge-rules.ts'
import { add, higher } from '../../model/merging/merged-value.ts'
import type { Descriptor, Metric, Point, Value } from '../../model/metric.ts'
import { familyKey } from '../succession/retained-series.ts'

/**
 * The metrics of two masters that serve the same application. Totals and numbers of workers are
 * added, unless a rule of the metric says otherwise. Of another gauge with the same labels, the
 * first value counts.
 */
export function joinedMetrics(
  first: readonly Metric[],
  second: readonly Metric[],
  rules: MergeRules,
): Metric[] {
  const families = new Map<string, Map<string, Point>>()
  for (const { descriptor, points } of second) {
    const key = familyKey(descriptor)
    const known = families.get(key) ?? new Map<string, Point>()
    for (const point of points) known.set(attributeKey(point.attributes), point)
    families.set(key, known)
  }
  const seen = new Set<Point>()
  const joined = first.map((metric) => {
    const others = families.get(familyKey(metric.descriptor))
    return others ? joinedMetric(metric, { others, seen, rules }) : metric
  })
  return [...joined, ...missing(second, seen)]
}

interface Joining {
  readonly others: ReadonlyMap<string, Point>
  readonly seen: Set<Point>
  readonly rules: MergeRules
}

function joinedMetric({ descriptor, points }: Metric, { others, seen, rules }: Joining): Metric {
  const join = joinOf(descriptor, rules)
  const joined = points.map((point) => {
    const other = others.get(attributeKey(point.attributes))
    if (!other || seen.has(other)) return point
    seen.add(other)
    return { attributes: point.attributes, value: join(point.value, other.value) }
  })
  return { descriptor, points: joined }
}

function missing(metrics: readonly Metric[], seen: ReadonlySet<Point>): Metric[] {
  return metrics
    .map(({ descriptor, points }) => ({
      descriptor,
      points: points.filter((point) => !seen.has(point)),
    }))
    .filter(({ points }) => points.length > 0)
}

/** Gauges that count things of which both masters have some. */
const addedGauges: ReadonlySet<string> = new Set([
  catalog.masterWorkers.name,
  catalog.exporterSeries.name,
])

type Join = (first: Value, second: Value) => Value

function joinOf(descriptor: Descriptor, rules: MergeRules): Join {
  const rule = rules.of(descriptor)
  if (rule === 'max') return higher
  if (rule === 'first') return (first) => first
  const adds = descriptor.kind !== 'gauge' || rule === 'sum' || addedGauges.has(descriptor.name)
  return adds ? add : (first) => first
}
