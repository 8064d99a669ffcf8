import { expositionLimits } from '../limits/exposition.ts'
import { isTargetInfo } from '../model/catalog/target-info.ts'
import type { Attributes, Metric } from '../model/metric.ts'
import { labelName } from './text-labels.ts'

/**
 * Adds attributes of the resource to each series of a page. On a page of several instances, each
 * series gets the attributes of its own instance, as `target_info` has them.
 */
export class ResourceLabels {
  readonly #pattern: RegExp
  /** By the attributes of `target_info`, and then of a series: the page keeps their labels. */
  readonly #labelled = new WeakMap<Attributes, WeakMap<Attributes, Attributes>>()
  readonly #chosen = new WeakMap<Attributes, Attributes>()

  constructor(pattern: RegExp) {
    this.#pattern = pattern
  }

  on(metrics: readonly Metric[]): Metric[] {
    const targets = metrics.filter(isTargetInfo).flatMap(({ points }) => points)
    const byInstance = new Map(
      targets.map(({ attributes }) => [attributes['instance'], attributes] as const),
    )
    return metrics.map((metric) => {
      if (isTargetInfo(metric)) return metric
      const { descriptor, points } = metric
      return {
        descriptor,
        points: points.map(({ attributes, value }) => {
          // Without a cluster of this name, the label is the application's.
          const target = byInstance.get(attributes['instance']) ?? byInstance.get(undefined)
          return { attributes: target ? this.#of(attributes, target) : attributes, value }
        }),
      }
    })
  }

  #of(attributes: Attributes, target: Attributes): Attributes {
    const ofTarget = this.#labelled.get(target) ?? new WeakMap<Attributes, Attributes>()
    this.#labelled.set(target, ofTarget)
    const known = ofTarget.get(attributes)
    if (known) return known
    const chosen = this.#chosen.get(target) ?? chosenAttributes(target, this.#pattern)
    this.#chosen.set(target, chosen)
    const labelled = withResourceLabels(attributes, chosen)
    ofTarget.set(attributes, labelled)
    return labelled
  }
}

/** The attributes of a resource whose names match, up to the limit of characters. */
export function chosenAttributes(resource: Attributes, pattern: RegExp): Attributes {
  const { resourceLabelChars, resourceNameChars } = expositionLimits
  let room: number = resourceLabelChars
  const chosen = Object.entries(resource).filter(([name, value]) => {
    const length = name.length + String(value).length
    const isChosen = name.length <= resourceNameChars && length <= room && pattern.test(name)
    if (isChosen) room -= length
    return isChosen
  })
  return Object.fromEntries(chosen)
}

/** A label of the series wins: series that differ in this label must stay apart. */
export function withResourceLabels(attributes: Attributes, chosen: Attributes): Attributes {
  const own = new Set(Object.keys(attributes).map(labelName))
  const added = Object.entries(chosen).filter(([name]) => !own.has(labelName(name)))
  return { ...attributes, ...Object.fromEntries(added) }
}
