import type { Attributes, Metric } from '../../model/metric.ts'
import type { PeerState, Retained } from './peer-state.ts'

/**
 * The state, with the attributes of the peer's earlier state where both are equal. The page has the
 * texts of labels by the object of the attributes.
 */
export function withKeptAttributes(state: PeerState, earlier: PeerState | undefined): PeerState {
  if (!earlier) return state
  return {
    ...state,
    metrics: keptIn(state.metrics, earlier.metrics),
    retained: state.retained.map((group, index): Retained => {
      return { ...group, metrics: keptIn(group.metrics, earlier.retained[index]?.metrics ?? []) }
    }),
  }
}

/** A primary writes metrics and series in one order, and new series behind. */
function keptIn(metrics: readonly Metric[], earlier: readonly Metric[]): Metric[] {
  const byName = new Map(earlier.map((metric) => [metric.descriptor.name, metric]))
  return metrics.map(({ descriptor, points }, index) => {
    const atIndex = earlier[index]
    const hasName = atIndex?.descriptor.name === descriptor.name
    const former = hasName ? atIndex : byName.get(descriptor.name)
    if (!former) return { descriptor, points }
    return {
      descriptor,
      points: points.map(({ attributes, value }, at) => {
        const kept = former.points[at]?.attributes
        return { attributes: kept && isSame(kept, attributes) ? kept : attributes, value }
      }),
    }
  })
}

function isSame(one: Attributes, other: Attributes): boolean {
  const names = Object.keys(one)
  if (names.length !== Object.keys(other).length) return false
  // Values that are lists differ as objects.
  return names.every((name) => Object.hasOwn(other, name) && one[name] === other[name])
}
