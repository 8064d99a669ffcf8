import { add } from '../model/merging/merged-value.ts'
import type { Descriptor, Metric, Point } from '../model/metric.ts'
import { ownScope } from '../model/own-scope.ts'
import type { LabelTexts } from './text-labels.ts'

interface Place {
  readonly descriptor: Descriptor
  readonly points: Point[]
  readonly index: number
}

/** The metrics of a family, without points whose labels an earlier point has. */
export interface JoinedTwins {
  readonly metrics: readonly Metric[]
  /** Number of points that are left out, because their values cannot be added. */
  readonly leftOut: number
}

/**
 * Joins the points of a family that have the same labels on the page, such as those with the
 * attributes `{code: 200}` and `{code: '200'}`. Values of the application add up, except gauges.
 */
export function joinTwins(metrics: readonly Metric[], labels: LabelTexts): JoinedTwins {
  const places = new Map<string, Place>()
  let leftOut = 0
  const joined = metrics.map(({ descriptor, points: all }) => {
    const points: Point[] = []
    const texts = labels.in(descriptor)
    for (const point of all) {
      const { key } = texts.of(point.attributes)
      const place = places.get(key)
      if (!place) {
        places.set(key, { descriptor, points, index: points.length })
        points.push(point)
      } else if (isAdded(place.descriptor, descriptor)) addTo(place, point)
      else leftOut += 1
    }
    return { descriptor, points }
  })
  return { metrics: joined, leftOut }
}

/**
 * Metrics of two names can count different things. Metrics of this package have a single source for
 * each series: a twin is a mistake of ours.
 */
function isAdded(known: Descriptor, other: Descriptor): boolean {
  if (known.name !== other.name || known.kind !== other.kind) return false
  if (known.kind === 'gauge' || known.scope === ownScope) return false
  return String(known.bounds) === String(other.bounds)
}

function addTo({ points, index }: Place, { value }: Point): void {
  const known = points[index]
  if (known) points[index] = { attributes: known.attributes, value: add(known.value, value) }
}
