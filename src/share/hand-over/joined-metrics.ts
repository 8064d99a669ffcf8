import { attributeKey } from '../../model/attribute-key.ts'
import { catalog } from '../../model/catalog/catalog.ts'
import type { Descriptor, Metric, Point } from '../../model/metric.ts'
import { add } from '../../state/series.ts'
import { familyKey } from '../succession/retained-series.ts'

/**
 * The metrics of two masters that serve the same application. Totals and numbers of workers are
 * added. Of another gauge with the same labels, the first value counts.
 */
export function joinedMetrics(first: readonly Metric[], second: readonly Metric[]): Metric[] {
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
    return others ? joinedMetric(metric, others, seen) : metric
  })
  return [...joined, ...missing(second, seen)]
}

function joinedMetric(
  { descriptor, points }: Metric,
  others: ReadonlyMap<string, Point>,
  seen: Set<Point>,
): Metric {
  const adds = isAdded(descriptor)
  const joined = points.map((point) => {
    const other = others.get(attributeKey(point.attributes))
    if (!other || seen.has(other)) return point
    seen.add(other)
    return adds ? { attributes: point.attributes, value: add(point.value, other.value) } : point
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

function isAdded({ kind, name }: Descriptor): boolean {
  return kind !== 'gauge' || addedGauges.has(name)
}
